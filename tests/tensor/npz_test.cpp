#include "tensor/npz.h"

#include <gmock/gmock.h>

#include "base/random.h"
#include "support/temporary_folder.h"

namespace halftone {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using test::message_of;
using test::read_text;
using test::TemporaryFolder;

const std::filesystem::path kVectors = std::filesystem::path(HALFTONE_SOURCE_DIR) / "tests/data/vectors";

TEST(Npz, ArraysComeBackByName) {
  const TemporaryFolder folder;
  write_npz(folder / "a.npz", {{"ids", Tensor::from<std::int64_t>({2, 1}, {7, -8})}, {"a/b:0", Tensor::scalar(1.5f)},
                               {"nothing", Tensor(DataType::int8, {0})}});
  const auto arrays = read_npz(folder / "a.npz");
  ASSERT_EQ(arrays.size(), 3u);
  EXPECT_THAT(arrays.at("ids").values<std::int64_t>(), ElementsAre(7, -8));
  EXPECT_EQ(arrays.at("ids").shape(), (Shape{2, 1}));
  EXPECT_EQ(arrays.at("a/b:0").values<float>()[0], 1.5f);
  EXPECT_EQ(arrays.at("nothing").size(), 0);
}

TEST(Npz, WritingTwiceGivesTheSameBytes) {
  const TemporaryFolder folder;
  for (const char* name : {"a.npz", "b.npz"}) write_npz(folder / name, {{"x", Tensor::from<float>({2}, {1, 2})}});
  EXPECT_EQ(read_text(folder / "a.npz"), read_text(folder / "b.npz"));
}

TEST(Npz, ASetWithoutArraysIsValid) {
  const TemporaryFolder folder;
  write_npz(folder / "none.npz", {});
  EXPECT_TRUE(read_npz(folder / "none.npz").empty());
}

TEST(Npz, TwoArraysOfOneNameAreRefused) {
  const TemporaryFolder folder;
  EXPECT_THAT(message_of([&] { write_npz(folder / "a.npz", {{"x", Tensor::scalar(1.f)}, {"x", Tensor::scalar(2.f)}}); }),
              HasSubstr("two arrays are named 'x'"));
}

TEST(Npz, ReadsWhatNumpyCompressed) {  // savez_compressed, by tests/data/make_vectors.py
  const NpzFile file(kVectors / "resize.npz");
  ASSERT_TRUE(file.has("0_in"));
  EXPECT_EQ(file.open("0_in").shape(), (Shape{13, 17, 3}));
  EXPECT_EQ(file.open("0_bilinear").read().shape(), (Shape{7, 5, 3}));
}

TEST(Npz, ReadsRowsOfAMember) {
  const TemporaryFolder folder;
  write_npz(folder / "a.npz", {{"x", Tensor::from<float>({3, 2}, {1, 2, 3, 4, 5, 6})}});
  const NpyFile x = NpzFile(folder / "a.npz").open("x");  // outlives the NpzFile
  EXPECT_THAT(x.read_rows(2, 1).values<float>(), ElementsAre(5, 6));
}

TEST(Npz, AMissingNameIsSaid) {
  const TemporaryFolder folder;
  write_npz(folder / "a.npz", {{"x", Tensor::scalar(1.f)}});
  EXPECT_THAT(message_of([&] { NpzFile(folder / "a.npz").open("y"); }), HasSubstr("a.npz: holds no array 'y'"));
}

TEST(Npz, ADamagedElementIsNoticed) {
  const TemporaryFolder folder;
  write_npz(folder / "a.npz", {{"x", Tensor::from<float>({2}, {1, 2})}});
  std::string bytes = read_text(folder / "a.npz");
  bytes[bytes.find("NUMPY") + 124] ^= 1;
  EXPECT_THAT(message_of([&] { read_npz(folder.write("b.npz", bytes)); }),
              AllOf(HasSubstr("b.npz ('x')"), HasSubstr("checksum")));
}

struct Malformed {
  const char* name;
  std::string contents, message;
};
class MalformedNpz : public ::testing::TestWithParam<Malformed> {};

TEST_P(MalformedNpz, IsRefusedWithTheFileAndTheReason) {
  const TemporaryFolder folder;
  const auto path = folder.write("bad.npz", GetParam().contents);
  EXPECT_THAT(message_of([&] { read_npz(path); }), AllOf(HasSubstr("bad.npz: "), HasSubstr(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(Npz, MalformedNpz,
                         ::testing::Values(Malformed{"empty", "", "it is empty"}, Malformed{"short", "PK", "too short"},
                                           Malformed{"text", std::string(100, 'x'), "has no directory"}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Npz, NoPrefixOfAFileIsTakenForAWholeOne) {
  const TemporaryFolder folder;
  write_npz(folder / "a.npz", {{"x", Tensor::from<float>({2}, {1, 2})}, {"y", Tensor::scalar(1.f)}});
  const std::string whole = read_text(folder / "a.npz");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto path = folder.write("cut.npz", whole.substr(0, length));
    EXPECT_THAT(message_of([&] { read_npz(path); }), HasSubstr("cut.npz")) << length;
  }
}

TEST(Npz, ChangedBytesNeverCrash) {  // each byte of a compressed and a stored file, changed at random
  const TemporaryFolder folder;
  write_npz(folder / "stored.npz", {{"x", Tensor::from<float>({2}, {1, 2})}});
  const Random random(1, "npz");
  for (const std::string& whole : {read_text(folder / "stored.npz"), read_text(kVectors / "resize.npz")}) {
    for (std::size_t i = 0; i < 2000; ++i) {
      std::string bytes = whole;
      // Half of the changes near the end, where the directory stands.
      const std::size_t from = i % 2 == 0 || bytes.size() < 3000 ? 0 : bytes.size() - 3000;
      bytes[from + random.below(2 * i, bytes.size() - from)] = static_cast<char>(random.bits(2 * i + 1));
      const auto path = folder.write("changed.npz", bytes);
      try {
        read_npz(path);
      } catch (const Error& error) {
        EXPECT_THAT(error.what(), HasSubstr("changed.npz"));
      }
    }
  }
}

}  // namespace
}  // namespace halftone
