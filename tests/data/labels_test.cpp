#include "data/labels.h"

#include <gmock/gmock.h>

#include "data/vectors.h"
#include "support/temporary_folder.h"

namespace halftone {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using test::kVectors;
using test::message_of;
using test::TemporaryFolder;

// Samples named a.jpg, b.jpg, ...; of `total`, `count` after `skip`.
class Named : public SampleSource {
 public:
  Named(std::int64_t total, std::int64_t skip, std::int64_t count, bool files = true)
      : total_(total), skip_(skip), count_(count), files_(files) {}
  std::int64_t size() const override { return count_; }
  std::int64_t skipped() const override { return skip_; }
  bool has_file_names() const override { return files_; }
  std::string name(std::int64_t sample) const override { return file(skip_ + sample); }
  std::vector<std::string> left_out() const override {
    std::vector<std::string> names;
    for (std::int64_t i = 0; i < total_; ++i) {
      if (i < skip_ || i >= skip_ + count_) names.push_back(file(i));
    }
    return names;
  }
  Batch read(std::int64_t, std::int64_t, const Job&) const override { return {}; }

 private:
  static std::string file(std::int64_t i) { return std::string(1, static_cast<char>('a' + i)) + ".jpg"; }
  std::int64_t total_, skip_, count_;
  bool files_;
};

TEST(CsvLabels, AreMatchedByFileName) {
  const TemporaryFolder folder;
  const char* texts[] = {"file,class\nc.jpg,7\na.jpg,5\nb.jpg,0\n", "c.jpg,7\r\nb.jpg,0\r\n\r\na.jpg,5",
                         "\xef\xbb\xbf" "file,class\n\"a.jpg\", 5\n b.jpg ,0\nc.jpg,7\na.jpg,5\n"};
  for (const char* text : texts) {
    const auto path = folder.write("l.csv", text);
    EXPECT_THAT(open_labels(path, Named(3, 0, 3)).classes(), ElementsAre(5, 0, 7)) << text;
    EXPECT_THAT(open_labels(path, Named(3, 1, 1)).classes(), ElementsAre(0)) << text;  // rows of left-out samples are no extras
  }
}

TEST(CsvLabels, MissingAndExtraSamplesAreCountedAndNamed) {
  const TemporaryFolder folder;
  const auto few = folder.write("few.csv", "a.jpg,1\n");
  EXPECT_THAT(message_of([&] { open_labels(few, Named(6, 0, 6)); }),
              HasSubstr("few.csv: has no class for 5 of 6 samples: 'b.jpg', 'c.jpg', 'd.jpg' and 2 more"));
  const auto many = folder.write("many.csv", "a.jpg,1\nb.jpg,1\nz.jpg,1\n");
  EXPECT_THAT(message_of([&] { open_labels(many, Named(2, 0, 1)); }),
              HasSubstr("many.csv: 1 of its 3 files are not in the data: 'z.jpg'"));
}

TEST(CsvLabels, BadLinesAreNamed) {
  const TemporaryFolder folder;
  const std::pair<const char*, const char*> cases[] = {
      {"a.jpg 1\n", "l.csv, line 1: 'a.jpg 1' has no comma"},
      {"file,class\na.jpg,cat\n", "l.csv, line 2: 'cat' is not a class"},
      {"a.jpg,-2\n", "'-2' is not a class"},
      {"a.jpg,1.5\n", "'1.5' is not a class"},
      {"a.jpg,\n", "'' is not a class"},
      {"a.jpg,99999999999999999999\n", "is not a class"},
      {"a.jpg,1\na.jpg,2\n", "line 2: 'a.jpg' has class 2 here and 1 in an earlier line"},
      {"", "holds no labels"},
      {"file,class\n", "holds no labels"},
  };
  for (const auto& [text, part] : cases) {
    const auto path = folder.write("l.csv", text);
    EXPECT_THAT(message_of([&] { open_labels(path, Named(1, 0, 1)); }), HasSubstr(part)) << text;
  }
}

TEST(CsvLabels, NeedSamplesWithNames) {
  const TemporaryFolder folder;
  const auto path = folder.write("l.csv", "a.jpg,1\n");
  EXPECT_THAT(message_of([&] { open_labels(path, Named(1, 0, 1, false)); }), HasSubstr("give an .npy of classes"));
}

TEST(NpyLabels, AreTakenByPositionBeforeSkipping) {
  const TemporaryFolder folder;
  write_npy(folder / "l.npy", Tensor::from<std::int32_t>({5}, {9, 8, 7, 6, 5}));
  EXPECT_THAT(open_labels(folder / "l.npy", Named(5, 1, 3, false)).classes(), ElementsAre(8, 7, 6));
  write_npy(folder / "column.npy", Tensor::from<std::uint8_t>({2, 1}, {1, 255}));
  EXPECT_THAT(open_labels(folder / "column.npy", Named(2, 0, 2)).classes(), ElementsAre(1, 255));
}

TEST(NpyLabels, WhatIsNoListOfClassesIsRefused) {
  const TemporaryFolder folder;
  const auto path = folder / "l.npy";
  write_npy(path, Tensor::from<std::int64_t>({3}, {1, 2, 3}));
  EXPECT_THAT(message_of([&] { open_labels(path, Named(9, 2, 4)); }), HasSubstr("has 3 classes for 6 samples (2 of them skipped)"));
  write_npy(path, Tensor::from<float>({3}, {1, 2, 3}));
  EXPECT_THAT(message_of([&] { open_labels(path, Named(3, 0, 3)); }), HasSubstr("holds float32; classes are integers"));
  write_npy(path, Tensor(DataType::int64, {3, 10}));
  EXPECT_THAT(message_of([&] { open_labels(path, Named(3, 0, 3)); }), HasSubstr("has shape [3, 10]"));
  write_npy(path, Tensor::from<std::int64_t>({1}, {-7}));
  EXPECT_THAT(message_of([&] { open_labels(path, Named(1, 0, 1)); }), HasSubstr("class -7"));
}

TEST(LabelPictures, AreFoundByStemAndReadOnDemand) {
  const TemporaryFolder folder;
  std::filesystem::copy_file(kVectors / "pictures/palette.png", folder / "a.png");
  folder.write("b.png", "not a picture");
  const Labels labels = open_labels(folder.path(), Named(2, 0, 2));
  EXPECT_TRUE(labels.is_pictures());
  EXPECT_EQ(labels.size(), 2);
  EXPECT_EQ(labels.picture(0).shape(), (Shape{23, 37}));
  EXPECT_THAT(message_of([&] { labels.picture(1); }), HasSubstr("b.png: is not a PNG picture"));
  EXPECT_THAT(message_of([&] { open_labels(folder.path(), Named(3, 0, 3)); }),
              HasSubstr("has no label picture for 1 of 3 samples: 'c.png'"));
}

TEST(Labels, OfAnotherKindAreRefused) {
  const TemporaryFolder folder;
  EXPECT_THAT(message_of([&] { open_labels(folder / "none.csv", Named(1, 0, 1)); }), HasSubstr("none.csv: does not exist"));
  const auto path = folder.write("l.json", "{}");
  EXPECT_THAT(message_of([&] { open_labels(path, Named(1, 0, 1)); }),
              AllOf(HasSubstr("l.json: is not a kind of labels"), HasSubstr(".csv (file,class)")));
}

}  // namespace
}  // namespace halftone
