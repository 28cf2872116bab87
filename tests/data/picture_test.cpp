#include "data/picture.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "base/random.h"
#include "data/vectors.h"
#include "support/temporary_folder.h"

namespace halftone {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using test::kVectors;
using test::message_of;
using test::picture_of;
using test::read_text;
using test::TemporaryFolder;

const std::filesystem::path kPictures = kVectors / "pictures";

std::string edited(std::string bytes, std::size_t at, const std::string& with) { return bytes.replace(at, with.size(), with); }

TEST(Decode, EqualsPillowToTheBit) {  // every file of vectors/pictures; pixels.npz: name -> RGB, "name L" -> grey
  const NpzFile vectors(kVectors / "pixels.npz");
  int pictures = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kPictures)) {
    const std::string name = entry.path().filename().string();
    const Picture got = read_picture(entry.path());
    const Picture want = picture_of(vectors.open(name).read());
    ASSERT_EQ(got.height, want.height) << name;
    ASSERT_EQ(got.width, want.width) << name;
    EXPECT_EQ(got.pixels, want.pixels) << name;
    if (vectors.has(name + " L")) {
      EXPECT_EQ(to_grey(got).pixels, picture_of(vectors.open(name + " L").read()).pixels) << name;
    }
    ++pictures;
  }
  EXPECT_EQ(pictures, 17);
}

TEST(Decode, LabelPicturesGiveWhatIsStored) {
  const NpzFile vectors(kVectors / "pixels.npz");
  for (const std::string name : {"palette.png", "palette_4_bits.png", "palette_transparent.png"}) {
    const Tensor got = read_label_picture(kPictures / name);
    EXPECT_EQ(picture_of(got).pixels, picture_of(vectors.open(name + " P").read()).pixels) << name;
    EXPECT_EQ(label_picture_size(kPictures / name), (Shape{23, 37})) << name;
  }
  const Picture grey = picture_of(read_label_picture(kPictures / "grey.png"));
  EXPECT_EQ(grey.pixels, to_grey(read_picture(kPictures / "grey.png")).pixels);
  const Picture bits = picture_of(read_label_picture(kPictures / "one_bit.png"));
  EXPECT_EQ(*std::max_element(bits.pixels.begin(), bits.pixels.end()), 1);  // 0 and 1, not 0 and 255
}

TEST(Decode, WhatIsNoLabelPictureIsNamed) {
  const std::pair<const char*, const char*> cases[] = {{"rgb.png", "is a RGB PNG"},
                                                       {"rgba.png", "is a RGB PNG"},
                                                       {"grey_alpha.png", "grey with alpha"},
                                                       {"grey_16_bits.png", "is a 16-bit PNG"},
                                                       {"420.jpg", "is not a PNG picture"}};
  for (const auto& [name, part] : cases) {
    EXPECT_THAT(message_of([&] { read_label_picture(kPictures / name); }), AllOf(HasSubstr(name), HasSubstr(part)));
  }
}

TEST(Decode, AJpegThatLacksOnlyItsEndMarkerIsWhole) {
  const TemporaryFolder folder;
  const std::string whole = read_text(kPictures / "420.jpg");
  const auto path = folder.write("a.jpg", whole.substr(0, whole.size() - 2));
  EXPECT_EQ(read_picture(path).pixels, read_picture(kPictures / "420.jpg").pixels);
}

struct Malformed {
  const char* name;
  std::string contents, message;
};

std::vector<Malformed> malformed_pictures() {
  const std::string jpeg = read_text(kPictures / "420.jpg"), progressive = read_text(kPictures / "progressive.jpg");
  const std::string png = read_text(kPictures / "rgb.png");
  const std::size_t frame = jpeg.find("\xff\xc0");
  return {
      {"empty", "", "is not a JPEG or PNG picture: it is empty"},
      {"text", "hello, this is text\n", "it looks like text"},
      {"gif", "GIF89a...........", "it is a GIF"},
      {"webp", std::string("RIFF\x10\0\0\0WEBPVP8 ", 16), "it is a WebP"},
      {"binary", std::string("\0\1\2\3\4\5\6\7", 8), "its first bytes are of neither"},
      {"jpegHeadOnly", jpeg.substr(0, 4), "JPEG"},
      {"jpegCut", jpeg.substr(0, jpeg.size() * 9 / 10), "is cut off: the JPEG data end after"},
      {"jpegCutInTables", jpeg.substr(0, 60), "JPEG"},
      {"progressiveCut", progressive.substr(0, progressive.size() / 2), "is cut off"},
      {"jpegHuge", edited(jpeg, frame + 5, "\xff\xdc\xff\xdc"), "is 65500 x 65500 pixels; at most 2^26 pixels"},
      {"jpegTwelveBits", edited(jpeg, frame + 4, "\x0c"), "cannot be decoded as a JPEG picture: Unsupported JPEG data precision 12"},
      {"pngCut", png.substr(0, png.size() / 2), "is cut off: the PNG data end early"},
      {"pngHeadOnly", png.substr(0, 8), "is cut off"},
      {"pngDamaged", edited(png, png.size() / 2, "damaged!"), "cannot be decoded as a PNG picture: "},
  };
}

TEST(Decode, MalformedFilesAreRefusedWithTheFileAndTheReason) {
  const TemporaryFolder folder;
  for (const Malformed& bad : malformed_pictures()) {
    const auto path = folder.write("bad.jpg", bad.contents);
    EXPECT_THAT(message_of([&] { read_picture(path); }), AllOf(HasSubstr("bad.jpg: "), HasSubstr(bad.message))) << bad.name;
  }
}

TEST(Decode, APngOfHugeSizeIsRefusedBeforeItIsAllocated) {
  // IHDR of 100000 x 100000, its checksum right.
  const std::string png("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\x01\x86\xa0\0\x01\x86\xa0\x08\x02\0\0\0\x27\x30\x9c\x9f"
                        "\0\0\0\0IDAT\x35\xaf\x06\x1e", 45);
  const TemporaryFolder folder;
  EXPECT_THAT(message_of([&] { read_picture(folder.write("huge.png", png)); }),
              HasSubstr("huge.png: is 100000 x 100000 pixels; at most 2^26 pixels are decoded"));
}

TEST(Decode, NoPrefixOfAFileCrashesOrGivesAPicture) {
  const TemporaryFolder folder;
  for (const char* name : {"420.jpg", "progressive.jpg", "cmyk.jpg", "palette.png", "rgba.png"}) {
    const std::string whole = read_text(kPictures / name);
    for (std::size_t length = 0; length + 40 < whole.size(); length += 7) {
      const auto path = folder.write("cut", whole.substr(0, length));
      EXPECT_THAT(message_of([&] { read_picture(path); }), HasSubstr("cut: ")) << name << " " << length;
    }
  }
}

TEST(Decode, ChangedBytesNeverCrash) {
  const TemporaryFolder folder;
  const Random random(1, "pictures");
  for (const char* name : {"420.jpg", "progressive.jpg", "cmyk.jpg", "palette_4_bits.png", "rgb_16_bits.png"}) {
    const std::string whole = read_text(kPictures / name);
    for (std::uint64_t i = 0; i < 300; ++i) {
      std::string bytes = whole;
      bytes[random.below(2 * i, bytes.size())] = static_cast<char>(random.bits(2 * i + 1));
      try {
        const Picture picture = decode_picture(std::as_bytes(std::span(bytes.data(), bytes.size())), "changed");
        EXPECT_EQ(static_cast<std::int64_t>(picture.pixels.size()), picture.height * picture.width * 3);
      } catch (const Error& error) {
        EXPECT_THAT(error.what(), HasSubstr("changed: "));
      }
    }
  }
}

}  // namespace
}  // namespace halftone
