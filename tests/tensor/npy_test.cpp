#include "tensor/npy.h"

#include <gmock/gmock.h>

#include <cstring>
#include <vector>

#include "support/temporary_folder.h"

namespace halftone {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using test::message_of;
using test::TemporaryFolder;

// A .npy file by hand: version, dictionary, elements.
std::string npy(const std::string& dictionary, const std::string& elements, int version = 1) {
  std::string text = "\x93NUMPY";
  text += {static_cast<char>(version), '\0'};
  const std::size_t length = dictionary.size() + 1;
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) text += static_cast<char>(length >> (8 * i) & 0xff);
  return text + dictionary + "\n" + elements;
}

std::string header(const std::string& descr, const std::string& shape, const std::string& fortran = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
}

template <typename T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

const std::vector<std::int16_t> kSix = {1, 2, 3, 4, 5, 6};

TEST(Npy, EveryTypeComesBackAsItWasWritten) {
  const TemporaryFolder folder;
  for (const DataType type : {DataType::float32, DataType::float64, DataType::float16, DataType::int8, DataType::uint8,
                              DataType::int16, DataType::uint16, DataType::int32, DataType::uint32, DataType::int64,
                              DataType::uint64, DataType::boolean}) {
    for (const Shape& shape : {Shape{2, 3}, Shape{6}, Shape{3, 1, 2}}) {
      const Tensor written = convert(Tensor::from<float>(shape, {0, 1, 2, 3, 100, 5}), type);
      write_npy(folder / "a.npy", written);
      const Tensor read = read_npy(folder / "a.npy");
      ASSERT_EQ(read.type(), type) << name_of(type);
      ASSERT_EQ(read.shape(), shape) << name_of(type);
      EXPECT_EQ(std::memcmp(read.data(), written.data(), read.bytes()), 0) << name_of(type);
    }
  }
}

TEST(Npy, ScalarsAndEmptyArraysComeBack) {
  const TemporaryFolder folder;
  write_npy(folder / "scalar.npy", Tensor::scalar(2.5f));
  EXPECT_EQ(read_npy(folder / "scalar.npy").shape(), Shape{});
  EXPECT_EQ(read_npy(folder / "scalar.npy").values<float>()[0], 2.5f);
  write_npy(folder / "empty.npy", Tensor(DataType::int8, {0, 4}));
  EXPECT_EQ(read_npy(folder / "empty.npy").shape(), (Shape{0, 4}));
}

TEST(Npy, TheHeaderIsWhatNumpyWrites) {
  const std::string text = npy_header_text(Tensor::from<std::int16_t>({2, 3}, kSix));
  EXPECT_EQ(text.size(), 128u);
  EXPECT_EQ(text.substr(10, 60), "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), } ");
  EXPECT_EQ(text.back(), '\n');
  EXPECT_THAT(npy_header_text(Tensor(DataType::uint8, {6})), HasSubstr("'|u1', 'fortran_order': False, 'shape': (6,), }"));
  EXPECT_THAT(npy_header_text(Tensor(DataType::uint8, {})), HasSubstr("'shape': (), }"));
}

TEST(Npy, AllThreeVersionsAreRead) {
  const TemporaryFolder folder;
  for (const int version : {1, 2, 3}) {
    const auto path = folder.write("v.npy", npy(header("<i2", "(2, 3)"), bytes_of(kSix), version));
    EXPECT_THAT(read_npy(path).values<std::int16_t>(), ElementsAre(1, 2, 3, 4, 5, 6)) << version;
  }
}

TEST(Npy, FortranOrderIsTransposedOnReading) {
  const TemporaryFolder folder;  // columns (1 2) (3 4) (5 6) of a 2 x 3 array
  const NpyFile file(folder.write("f.npy", npy(header("<i2", "(2, 3)", "True"), bytes_of(kSix))));
  EXPECT_THAT(file.read().values<std::int16_t>(), ElementsAre(1, 3, 5, 2, 4, 6));
  EXPECT_THAT(file.read_rows(1, 1).values<std::int16_t>(), ElementsAre(2, 4, 6));
  // [2, 1, 3]: element (i, 0, k) stands at i + 2 k.
  const NpyFile deep(folder.write("g.npy", npy(header("<i2", "(2, 1, 3)", "True"), bytes_of(kSix))));
  EXPECT_THAT(deep.read().values<std::int16_t>(), ElementsAre(1, 3, 5, 2, 4, 6));
}

TEST(Npy, RowsAreReadOneByOne) {
  const TemporaryFolder folder;
  write_npy(folder / "r.npy", Tensor::from<std::int16_t>({3, 2}, kSix));
  const NpyFile file(folder / "r.npy");
  EXPECT_EQ(file.rows(), 3);
  EXPECT_THAT(file.read_rows(1, 2).values<std::int16_t>(), ElementsAre(3, 4, 5, 6));
  EXPECT_EQ(file.read_rows(1, 2).shape(), (Shape{2, 2}));
  EXPECT_EQ(file.read_rows(3, 0).shape(), (Shape{0, 2}));
}

TEST(Npy, OddBooleansBecomeTrue) {
  const TemporaryFolder folder;
  const auto path = folder.write("b.npy", npy(header("|b1", "(3,)"), std::string("\0\x01\x07", 3)));
  EXPECT_THAT(read_npy(path).values<bool>(), ElementsAre(false, true, true));
}

TEST(Npy, WhatNumpyLacksIsNotWritten) {
  const TemporaryFolder folder;
  EXPECT_THAT(message_of([&] { write_npy(folder / "x.npy", Tensor(DataType::bfloat16, {2})); }), HasSubstr("bfloat16"));
  EXPECT_FALSE(std::filesystem::exists(folder / "x.npy"));
}

struct Malformed {
  const char* name;
  std::string contents, message;
};

class MalformedNpy : public ::testing::TestWithParam<Malformed> {};

TEST_P(MalformedNpy, IsRefusedWithTheFileAndTheReason) {
  const TemporaryFolder folder;
  const auto path = folder.write("bad.npy", GetParam().contents);
  EXPECT_THAT(message_of([&] { read_npy(path); }), AllOf(HasSubstr("bad.npy: "), HasSubstr(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    Npy, MalformedNpy,
    ::testing::Values(
        Malformed{"empty", "", "it is empty"},
        Malformed{"text", "these are not numbers", "does not begin with \\x93NUMPY"},
        Malformed{"version9", npy(header("<f4", "(1,)"), "abcd", 9), "version 9; 1 to 3 are read"},
        Malformed{"headerCut", npy(header("<f4", "(1,)"), "abcd").substr(0, 30), "within the header"},
        Malformed{"versionTwoHeaderHuge", std::string("\x93NUMPY\x02\0\xff\xff\xff\xff{}", 14), "within the header"},
        Malformed{"unterminated", npy("{'descr': '<f4", "abcd"), "header is damaged"},
        Malformed{"noShape", npy("{'descr': '<f4', 'fortran_order': False}", "abcd"), "header is damaged"},
        Malformed{"negative", npy(header("<f4", "(-1,)"), "abcd"), "header is damaged"},
        Malformed{"sizeOverflowsInt64", npy(header("<f4", "(99999999999999999999,)"), "abcd"), "header is damaged"},
        Malformed{"productOverflows", npy(header("<f8", "(4611686018427387904, 16)"), "abcd"), "ends early"},
        Malformed{"elementsCut", npy(header("<f4", "(2, 3)"), "only20bytesareinhere"), "promises [2, 3] of float32"},
        Malformed{"bigEndian", npy(header(">f4", "(1,)"), "abcd"), "holds big-endian numbers ('>f4')"},
        Malformed{"strings", npy(header("<U3", "(1,)"), "abcdabcdabcd"), "holds strings ('<U3')"},
        Malformed{"objects", npy(header("|O", "(1,)"), "abcdabcd"), "holds Python objects ('|O')"},
        Malformed{"complex", npy(header("<c8", "(1,)"), "abcdabcd"), "holds complex numbers ('<c8')"},
        Malformed{"dates", npy(header("<M8[s]", "(1,)"), "abcdabcd"), "holds dates"},
        Malformed{"records", npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "abcd"), "record array"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(Npy, NoPrefixOfAFileCrashes) {
  const TemporaryFolder folder;
  const std::string whole = npy(header("<i2", "(2, 3)"), bytes_of(kSix));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto path = folder.write("cut.npy", whole.substr(0, length));
    EXPECT_THAT(message_of([&] { read_npy(path); }), HasSubstr("cut.npy: ")) << length;
  }
}

}  // namespace
}  // namespace halftone
