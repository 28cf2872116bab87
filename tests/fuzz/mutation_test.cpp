// Readers meet damaged files: a few hundred mutations of each valid one, always the same. Every one is read or refused by
// an Error; the sanitizer builds see the rest. `cmake --preset fuzz` builds the same readers for libFuzzer (HACKING.md).
#include "base/error.h"
#include "base/file.h"
#include "base/random.h"
#include "fuzz/readers.h"
#include "support/temporary_folder.h"

namespace halftone::test {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMutations = 300;  // of each seed file

class Mutator {
 public:
  Mutator(std::string bytes, std::uint64_t seed) : bytes_(std::move(bytes)), random_(seed, "mutation") {}

  std::string mutate() {
    const std::uint64_t changes = 1 + below(4);
    for (std::uint64_t i = 0; i < changes && !bytes_.empty(); ++i) change();
    return bytes_;
  }

 private:
  std::uint64_t below(std::uint64_t count) { return random_.below(draw_++, count); }

  void change() {
    constexpr unsigned char kEdges[] = {0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff};
    const std::size_t at = below(bytes_.size()), length = 1 + below(std::min<std::size_t>(16, bytes_.size() - at));
    switch (below(7)) {
      case 0: bytes_[at] = static_cast<char>(bytes_[at] ^ (1 << below(8))); break;
      case 1: bytes_[at] = static_cast<char>(kEdges[below(std::size(kEdges))]); break;
      case 2: bytes_[at] = static_cast<char>(below(256)); break;
      case 3: bytes_.resize(at); break;
      case 4: bytes_.erase(at, length); break;
      case 5: bytes_.insert(at, bytes_.substr(at, length)); break;
      case 6: std::fill_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at), length, static_cast<char>(kEdges[below(std::size(kEdges))])); break;
      default: break;
    }
  }

  std::string bytes_;
  const Random random_;
  std::uint64_t draw_ = 0;
};

class Readers : public testing::TestWithParam<Reader> {};

TEST_P(Readers, ReadOrRefuseWhatIsDamaged) {
  const TemporaryFolder folder;
  const Reader& reader = GetParam();
  std::uint64_t refused = 0, read = 0;
  const std::vector<fs::path> seeds = reader.seeds(folder.path());
  ASSERT_FALSE(seeds.empty());
  for (const fs::path& seed : seeds) {
    const std::string bytes = read_text(seed);
    ASSERT_FALSE(bytes.empty());
    const fs::path damaged = folder.path() / ("damaged" + seed.extension().string());
    for (std::uint64_t i = 0; i < kMutations; ++i) {
      SCOPED_TRACE(seed.string() + ", mutation " + std::to_string(i));
      folder.write(damaged.filename().string(), Mutator(bytes, i).mutate());
      try {
        reader.read(damaged);
        ++read;
      } catch (const Error& error) {
        ++refused;
        EXPECT_GT(std::string(error.what()).size(), 20u) << error.what();
      } catch (const std::exception& other) {
        ADD_FAILURE() << "not an Error: " << other.what();
      }
    }
  }
  EXPECT_GT(refused, seeds.size() * kMutations / 20) << "the mutations do not reach the checks";
  RecordProperty("read", static_cast<int>(read));
}

// What libFuzzer found.
TEST(Found, IsRefusedByAnError) {
  const TemporaryFolder folder;
  const auto expect_refused = [&](const char* reader_name, const std::string& file, const std::string& bytes) {
    for (const Reader& reader : readers()) {
      if (std::string_view(reader.name) != reader_name) continue;
      EXPECT_THROW(reader.read(folder.write(file, bytes)), Error) << file;
    }
  };
  expect_refused("jpeg", "a.jpg", "RIFF");
  expect_refused("png", "a.png", "RIFF");
  expect_refused("toml", "a.toml", "[\016");
  for (const char* reader : {"toml", "config"}) expect_refused(reader, "a.toml", "\u046c# ");
}

INSTANTIATE_TEST_SUITE_P(All, Readers, testing::ValuesIn(readers().begin(), readers().end()), [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace halftone::test
