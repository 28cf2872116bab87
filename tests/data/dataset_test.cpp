#include "data/dataset.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <sstream>

#include "data/vectors.h"
#include "support/temporary_folder.h"

namespace halftone {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using test::input;
using test::kVectors;
using test::message_of;
using test::picture_of;
using test::read_text;
using test::TemporaryFolder;

const InputSpec kNchw = input("x", DataType::float32, {-1, 3, 8, 8});

Tensor counted(DataType type, const Shape& shape) {  // 0, 1, 2, ...
  Tensor tensor(DataType::int64, shape);
  std::int64_t next = 0;
  for (std::int64_t& value : tensor.mutable_values<std::int64_t>()) value = next++;
  return convert(tensor, type);
}

void copy_picture(const TemporaryFolder& folder, const std::string& name, const std::string& from) {
  std::filesystem::copy_file(kVectors / "pictures" / from, folder / name);
}

Tensor read_all(const SampleSource& dataset) { return dataset.read(0, dataset.size(), Job{}).inputs.at(0); }

template <typename Failure = Error>
std::string open_message(const std::filesystem::path& path, const DataOptions& options, const std::vector<InputSpec>& inputs) {
  return message_of<Failure>([&] { open_samples(path, options, inputs); });
}

// ---- folders of pictures

TEST(PictureFolder, HoldsItsPicturesByNameAndNothingElse) {
  const TemporaryFolder folder;
  copy_picture(folder, "b.JPG", "420.jpg");
  copy_picture(folder, "a.png", "rgb.png");
  copy_picture(folder, "C.jpeg", "444.jpg");
  copy_picture(folder, ".hidden.jpg", "444.jpg");
  folder.write("notes.txt", "not a picture");
  std::filesystem::create_directory(folder / "folder.jpg");
  const auto dataset = open_samples(folder.path(), {}, {kNchw});
  ASSERT_EQ(dataset->size(), 3);
  EXPECT_FALSE(dataset->is_feeds());
  EXPECT_TRUE(dataset->has_file_names());
  EXPECT_EQ(dataset->name(0), "C.jpeg");  // byte order
  EXPECT_EQ(dataset->name(1), "a.png");
  EXPECT_EQ(dataset->name(2), "b.JPG");
}

TEST(PictureFolder, SkipAndSamplesChooseAStretch) {
  const TemporaryFolder folder;
  for (const char* name : {"0.png", "1.png", "2.png", "3.png"}) copy_picture(folder, name, "rgb.png");
  const auto dataset = open_samples(folder.path(), {.samples = 2, .skip = 1}, {kNchw});
  EXPECT_EQ(dataset->size(), 2);
  EXPECT_EQ(dataset->skipped(), 1);
  EXPECT_EQ(dataset->name(0), "1.png");
  EXPECT_THAT(dataset->left_out(), ElementsAre("0.png", "3.png"));
  EXPECT_EQ(open_samples(folder.path(), {.samples = 100, .skip = 1}, {kNchw})->size(), 3);  // all there are
  EXPECT_THAT(open_message(folder.path(), {.skip = 4}, {kNchw}), HasSubstr("holds 4 samples; --skip 4 leaves none"));
  EXPECT_THAT(open_message<UsageError>(folder.path(), {.samples = 0}, {kNchw}), HasSubstr("--samples: 0"));
  EXPECT_THAT(open_message<UsageError>(folder.path(), {.skip = -1}, {kNchw}), HasSubstr("--skip: -1"));
}

TEST(PictureFolder, WithoutPicturesIsRefused) {
  const TemporaryFolder folder;
  EXPECT_THAT(open_message(folder.path(), {}, {kNchw}), HasSubstr("holds no JPEG or PNG pictures"));
  EXPECT_THAT(open_message(folder / "nowhere", {}, {kNchw}), HasSubstr("nowhere: does not exist"));
  EXPECT_THAT(open_message(folder.write("data.bin", "x"), {}, {kNchw}), HasSubstr("data.bin: is not a kind of data"));
}

TEST(PictureFolder, ABrokenPictureIsNamedWhenItIsRead) {
  const TemporaryFolder folder;
  copy_picture(folder, "a.png", "rgb.png");
  folder.write("b.jpg", "text");
  const auto dataset = open_samples(folder.path(), {}, {kNchw});
  EXPECT_THAT(message_of([&] { dataset->read(0, 2, Job{.threads = 2}); }), HasSubstr("b.jpg: is not a JPEG or PNG picture"));
}

TEST(PictureFolder, GivesTheSameBytesWithAnyNumberOfThreads) {
  const auto open = [] { return open_samples(kVectors / "pictures", {.crop_fraction = 0.9}, {kNchw}); };
  const auto dataset = open();
  ASSERT_EQ(dataset->size(), 17);
  const Tensor one = open()->read(0, 17, Job{.threads = 1}).inputs[0];
  const Tensor four = open()->read(0, 17, Job{.threads = 4}).inputs[0];
  EXPECT_EQ(std::memcmp(one.data(), four.data(), one.bytes()), 0);
  for (std::int64_t i = 0; i < 17; ++i) {  // batches of one, too
    const Tensor single = dataset->read(i, 1, Job{}).inputs[0];
    EXPECT_EQ(std::memcmp(single.data(), one.data() + static_cast<std::size_t>(i) * single.bytes(), single.bytes()), 0) << i;
  }
}

TEST(PictureFolder, GivesTheSameBytesWhenItIsReadAgain) {
  constexpr std::uint64_t kKept = 48u << 20;
  const auto small = open_samples(kVectors / "pictures", {.keep_bytes = kKept}, {kNchw});
  EXPECT_EQ(small->kept_bytes(), 17u * 3 * 8 * 8);
  EXPECT_EQ(open_samples(kVectors / "pictures", {}, {kNchw})->kept_bytes(), 0u);
  const Tensor first = small->read(0, 17, Job{.threads = 2}).inputs[0], again = small->read(0, 17, Job{.threads = 2}).inputs[0];
  EXPECT_EQ(std::memcmp(first.data(), again.data(), first.bytes()), 0);
  const auto large = open_samples(kVectors / "pictures", {.keep_bytes = kKept}, {input("x", DataType::float32, {-1, 3, 2048, 2048})});
  for (std::int64_t i : {3, 4}) {  // four such pictures are kept
    const Tensor before = large->read(i, 1, Job{}).inputs[0], after = large->read(i, 1, Job{}).inputs[0];
    EXPECT_EQ(std::memcmp(before.data(), after.data(), before.bytes()), 0) << i;
  }
}

TEST(PictureFolder, CancelStopsReading) {
  const auto dataset = open_samples(kVectors / "pictures", {}, {kNchw});
  const std::atomic<bool> stop{true};
  EXPECT_THROW(dataset->read(0, 4, Job{.cancel = &stop}), Cancelled);
}

TEST(PictureFolder, FeedsOneInputOnly) {
  EXPECT_THAT(open_message(kVectors / "pictures", {}, {kNchw, input("y", DataType::float32, {-1, 2})}),
              AllOf(HasSubstr("the model has 2: 'x', 'y'"), HasSubstr("give an .npz or a folder of .npy")));
}

TEST(PictureFolder, EqualsPillowOnImageNet) {  // decode, crop and resize; imagenet.csv holds checksums of Pillow's pixels
  const std::filesystem::path data = test::shared_data() / "imagenet_val";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "skipped: " << data << " is not here";
  std::istringstream lines(read_text(kVectors / "imagenet.csv"));
  std::string line;
  std::getline(lines, line);
  int cases = 0;
  for (; std::getline(lines, line); ++cases) {
    std::replace(line.begin(), line.end(), ',', ' ');
    std::istringstream fields(line);
    std::int64_t index = 0, size = 0;
    double fraction = 0;
    std::string filter;
    std::uint64_t want = 0;
    fields >> index >> fraction >> size >> filter >> want;
    const Interpolation kind = filter == "bilinear" ? Interpolation::bilinear
                               : filter == "bicubic" ? Interpolation::bicubic : Interpolation::nearest;
    const auto dataset = open_samples(data, {.samples = 1, .skip = index, .crop_fraction = fraction, .interpolation = kind},
                                      {input("x", DataType::uint8, {-1, size, size, 3})});
    std::uint64_t hash = 0xcbf29ce484222325u;
    const Tensor pixels = read_all(*dataset);
    for (const std::uint8_t pixel : pixels.values<std::uint8_t>()) hash = (hash ^ pixel) * 0x100000001b3u;
    EXPECT_EQ(hash, want) << line;
  }
  EXPECT_EQ(cases, 12);
}

// ---- arrays

TEST(Npy, OfFloatsIsFedAsItIs) {
  const TemporaryFolder folder;
  write_npy(folder / "a.npy", counted(DataType::float32, {3, 2, 2}));
  const auto dataset = open_samples(folder / "a.npy", {.skip = 1}, {input("x", DataType::float32, {-1, 2, 2})});
  EXPECT_EQ(dataset->size(), 2);
  EXPECT_EQ(dataset->name(0), "sample 1");
  const Batch batch = dataset->read(1, 1, Job{});
  EXPECT_EQ(batch.first, 1);
  EXPECT_EQ(batch.count, 1);
  EXPECT_EQ(batch.inputs[0].shape(), (Shape{1, 2, 2}));
  EXPECT_THAT(batch.inputs[0].values<float>(), ElementsAre(8, 9, 10, 11));
}

TEST(Npy, OfAnotherWidthIsConverted) {
  const TemporaryFolder folder;
  const std::pair<DataType, DataType> pairs[] = {{DataType::float64, DataType::float32}, {DataType::float16, DataType::float32},
                                                 {DataType::int64, DataType::int32},     {DataType::int32, DataType::int64},
                                                 {DataType::uint8, DataType::int32},     {DataType::boolean, DataType::int64}};
  for (const auto& [held, taken] : pairs) {
    write_npy(folder / "a.npy", counted(held, {2, 3}));
    const auto dataset = open_samples(folder / "a.npy", {}, {input("x", taken, {-1, 3})});
    EXPECT_EQ(read_all(*dataset).type(), taken);
    EXPECT_EQ(to_floats(read_all(*dataset))[1], 1.0f) << name_of(held);
  }
}

TEST(Npy, WhatDoesNotFitTheInputIsRefused) {
  const TemporaryFolder folder;
  const InputSpec floats = input("x", DataType::float32, {-1, 2, 2}), ints = input("ids", DataType::int32, {-1, 1});
  const auto path = folder / "a.npy";
  write_npy(path, counted(DataType::float32, {3, 2, 5}));
  EXPECT_THAT(open_message(path, {}, {floats}), HasSubstr("has shape [3, 2, 5], but the model's input 'x' takes [N, 2, 2]"));
  write_npy(path, counted(DataType::float32, {3, 4}));
  EXPECT_THAT(open_message(path, {}, {floats}), HasSubstr("has shape [3, 4]"));
  write_npy(path, counted(DataType::int64, {3, 2, 2}));
  EXPECT_THAT(open_message(path, {}, {floats}), HasSubstr("holds int64, but the model's input 'x' takes float32"));
  write_npy(path, counted(DataType::uint8, {3, 3, 8, 8}));
  EXPECT_THAT(open_message(path, {}, {kNchw}), HasSubstr("uint8 pictures must be N H W C"));
  write_npy(path, Tensor::scalar(1.0f));
  EXPECT_THAT(open_message(path, {}, {floats}), HasSubstr("a single number"));
  write_npy(path, Tensor(DataType::float32, {0, 2, 2}));
  EXPECT_THAT(open_message(path, {}, {floats}), HasSubstr("holds no samples"));
  write_npy(path, Tensor::from<std::int64_t>({2, 1}, {5, 3'000'000'000}));
  const auto wide = open_samples(path, {}, {ints});
  EXPECT_EQ(wide->read(0, 1, Job{}).inputs[0].values<std::int32_t>()[0], 5);
  EXPECT_THAT(message_of([&] { wide->read(1, 1, Job{}); }), HasSubstr("holds 3000000000, which input 'ids' (int32"));
}

TEST(Npy, OfFloatsRefusesPictureOptions) {
  const TemporaryFolder folder;
  write_npy(folder / "a.npy", counted(DataType::float32, {2, 2}));
  const InputSpec x = input("x", DataType::float32, {-1, 2});
  EXPECT_THAT(open_message<UsageError>(folder / "a.npy", {.mean = {1}}, {x}), HasSubstr("--mean applies to pictures"));
  EXPECT_THAT(open_message<UsageError>(folder / "a.npy", {.std = {1}}, {x}), HasSubstr("--std"));
  EXPECT_THAT(open_message<UsageError>(folder / "a.npy", {.height = 2, .width = 2}, {x}), HasSubstr("--size"));
  EXPECT_THAT(open_message<UsageError>(folder / "a.npy", {.crop_fraction = 0.5}, {x}), HasSubstr("--crop-fraction"));
}

TEST(Npy, OfPicturesIsNormalizedAndLaidOut) {
  const TemporaryFolder folder;
  write_npy(folder / "a.npy", counted(DataType::uint8, {2, 2, 2, 3}));
  const DataOptions options{.mean = {10, 20, 30}, .std = {2, 4, 8}};
  const Tensor batch = read_all(*open_samples(folder / "a.npy", options, {input("x", DataType::float32, {-1, 3, 2, 2})}));
  ASSERT_EQ(batch.shape(), (Shape{2, 3, 2, 2}));
  std::vector<float> want;
  for (int n = 0; n < 2; ++n) {
    for (int c = 0; c < 3; ++c) {
      for (int i = 0; i < 4; ++i) {
        const auto at = static_cast<std::size_t>(c);
        want.push_back((static_cast<float>(n * 12 + i * 3 + c) - options.mean[at]) / options.std[at]);
      }
    }
  }
  EXPECT_THAT(batch.values<float>(), ElementsAreArray(want));
}

TEST(Npy, OfPicturesIsCroppedAndResizedToTheModel) {
  const TemporaryFolder folder;
  const NpzFile vectors(kVectors / "resize.npz");
  const Tensor in = vectors.open("8_in").read(), want = vectors.open("8_bicubic").read();  // 64 x 48 -> 6 x 5
  write_npy(folder / "a.npy", in.reshaped({1, 64, 48, 3}));
  const DataOptions options{.interpolation = Interpolation::bicubic};
  // 48 x 57.6 is the largest rectangle of the shape 5 x 6: the middle 58 rows.
  Tensor middle(DataType::uint8, {1, 58, 48, 3});
  std::memcpy(middle.mutable_data(), in.data() + 3 * 48 * 3, middle.bytes());
  write_npy(folder / "middle.npy", middle);
  const InputSpec x = input("x", DataType::uint8, {-1, 6, 5, 3});
  const Tensor whole = read_all(*open_samples(folder / "a.npy", options, {x}));
  EXPECT_EQ(whole.shape(), (Shape{1, 6, 5, 3}));
  EXPECT_NE(std::memcmp(whole.data(), want.data(), want.bytes()), 0);  // not squeezed
  const Tensor part = read_all(*open_samples(folder / "middle.npy", options, {x}));
  EXPECT_EQ(std::memcmp(whole.data(), part.data(), part.bytes()), 0);
}

TEST(Npy, OfPicturesKeepsTheirSizeWhereTheModelHasNone) {
  const TemporaryFolder folder;
  write_npy(folder / "a.npy", counted(DataType::uint8, {1, 2, 5, 3}));
  const InputSpec open = input("x", DataType::float32, {-1, 3, -1, -1});
  EXPECT_EQ(read_all(*open_samples(folder / "a.npy", {}, {open})).shape(), (Shape{1, 3, 2, 5}));
  EXPECT_EQ(read_all(*open_samples(folder / "a.npy", {.height = 4, .width = 4}, {open})).shape(), (Shape{1, 3, 4, 4}));
}

// ---- sets of arrays and feeds

const InputSpec kIds = input("ids", DataType::int64, {-1, -1}), kMask = input("a/mask", DataType::int64, {-1, -1});

TEST(Npz, FeedsInputsByNameInTheModelsOrder) {
  const TemporaryFolder folder;
  write_npz(folder / "a.npz", {{"a/mask", counted(DataType::int32, {3, 4})}, {"other", Tensor::scalar(1.0f)},
                               {"ids", counted(DataType::int64, {3, 2})}});
  const auto dataset = open_samples(folder / "a.npz", {.samples = 2, .skip = 1}, {kIds, kMask});
  const Batch batch = dataset->read(0, 2, Job{});
  ASSERT_EQ(batch.inputs.size(), 2u);
  EXPECT_THAT(batch.inputs[0].values<std::int64_t>(), ElementsAre(2, 3, 4, 5));
  EXPECT_EQ(batch.inputs[1].values<std::int64_t>()[0], 4);
}

TEST(Npz, WhatIsMissingOrUnevenIsNamed) {
  const TemporaryFolder folder;
  write_npz(folder / "a.npz", {{"ids", counted(DataType::int64, {3, 2})}, {"mask", counted(DataType::int64, {3, 2})}});
  EXPECT_THAT(open_message(folder / "a.npz", {}, {kIds, kMask}),
              AllOf(HasSubstr("input 'a/mask'"), HasSubstr("it holds 'ids' or 'mask'")));
  write_npz(folder / "b.npz", {{"ids", counted(DataType::int64, {3, 2})}, {"a/mask", counted(DataType::int64, {2, 2})}});
  EXPECT_THAT(open_message(folder / "b.npz", {}, {kIds, kMask}), HasSubstr("'a/mask' has 2 samples, but 'ids' has 3"));
}

TEST(NpyFolder, IsNamedLikeTheInputs) {
  const TemporaryFolder folder;
  write_npy(folder / "ids.npy", counted(DataType::int64, {3, 2}));
  EXPECT_THAT(open_message(folder.path(), {}, {kIds, kMask}), HasSubstr("holds no a_mask.npy for the model's input 'a/mask'"));
  write_npy(folder / "a_mask.npy", counted(DataType::int64, {3, 1}));
  const auto dataset = open_samples(folder.path(), {}, {kIds, kMask});
  EXPECT_EQ(dataset->size(), 3);
  EXPECT_FALSE(dataset->is_feeds());
  EXPECT_EQ(dataset->read(2, 1, Job{}).inputs[1].values<std::int64_t>()[0], 2);
}

TEST(NpyFolder, ASingleNpyForSeveralInputsIsRefused) {
  const TemporaryFolder folder;
  write_npy(folder / "ids.npy", counted(DataType::int64, {3, 2}));
  EXPECT_THAT(open_message(folder / "ids.npy", {}, {kIds, kMask}),
              AllOf(HasSubstr("a single .npy feeds one input"), HasSubstr("'ids', 'a/mask'")));
}

TEST(Feeds, AreReadOneAtATimeWithShapesOfTheirOwn) {
  const TemporaryFolder folder;
  write_npz(folder / "1.npz", {{"ids", counted(DataType::int64, {2, 7})}});
  write_npz(folder / "0.npz", {{"ids", counted(DataType::int32, {1, 3})}});
  const auto dataset = open_samples(folder.path(), {}, {kIds});
  ASSERT_EQ(dataset->size(), 2);
  EXPECT_TRUE(dataset->is_feeds());
  EXPECT_EQ(dataset->name(0), "0.npz");
  EXPECT_EQ(dataset->read(0, 1, Job{}).inputs[0].shape(), (Shape{1, 3}));
  EXPECT_EQ(dataset->read(0, 1, Job{}).inputs[0].type(), DataType::int64);
  EXPECT_EQ(dataset->read(1, 1, Job{}).inputs[0].shape(), (Shape{2, 7}));
  const auto other = open_samples(folder.path(), {}, {input("x", DataType::int64, {-1, 3})});
  EXPECT_THAT(message_of([&] { other->read(0, 1, Job{}); }), AllOf(HasSubstr("0.npz"), HasSubstr("input 'x'")));
  const auto narrow = open_samples(folder.path(), {}, {input("ids", DataType::int64, {-1, 3})});
  EXPECT_THAT(message_of([&] { narrow->read(1, 1, Job{}); }), AllOf(HasSubstr("1.npz ('ids')"), HasSubstr("[2, 7]")));
}

TEST(InputSpecs, LeaveConstantsOut) {
  Graph graph;
  graph.add_input(graph.add_value("x", DataType::uint8, std::vector<Dimension>{{-1, "N"}, {3, ""}}));
  graph.add_input(graph.add_constant("w", Tensor::scalar(1.0f)));
  graph.add_input(graph.add_value("y"));
  const std::vector<InputSpec> specs = input_specs(graph);
  ASSERT_EQ(specs.size(), 2u);
  EXPECT_EQ(specs[0].name, "x");
  EXPECT_EQ(specs[0].type, DataType::uint8);
  EXPECT_EQ(specs[0].dims[1].size, 3);
  EXPECT_TRUE(specs[1].dims.empty());
}

}  // namespace
}  // namespace halftone
