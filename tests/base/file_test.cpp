#include "base/file.h"

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/temporary_path.h"
#include "support/temporary_folder.h"

using namespace halftone;
namespace fs = std::filesystem;

namespace {

std::string contents(const fs::path& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::size_t files_in(const fs::path& folder) { return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {})); }

// Files of this process may grow to `bytes` only; the kernel then fails the write, as a full disk would.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

}  // namespace

TEST(TemporaryPath, IsRemovedUnlessKeptEvenWhenTheProcessEndsAtOnce) {
  const test::TemporaryFolder folder;
  std::optional<TemporaryPath> kept(std::in_place, folder.path() / "kept", "part"), dropped(std::in_place, folder.path() / "dropped", "part");
  for (const auto* name : {&kept, &dropped}) std::ofstream((*name)->path()) << "text";
  kept->keep();
  remove_temporaries();
  EXPECT_EQ(contents(folder.path() / "kept"), "text");
  EXPECT_EQ(files_in(folder.path()), 1u);
  kept.reset();
  dropped.reset();
  EXPECT_EQ(contents(folder.path() / "kept"), "text");
}

TEST(AtomicWrite, ReplacesTheFileAndLeavesNoTemporary) {
  const test::TemporaryFolder folder;
  const fs::path path = folder.path() / "out.txt";
  write_file_atomically(path, std::string_view("one"));
  write_file_atomically(path, std::string_view("two"));
  EXPECT_EQ(contents(path), "two");
  EXPECT_EQ(files_in(folder.path()), 1u);
}

TEST(AtomicWrite, KeepsTheOldFileWhenTheDiskIsFull) {
  const test::TemporaryFolder folder;
  const fs::path path = folder.path() / "out.bin";
  write_file_atomically(path, std::string_view("old"));
  const std::string large(1 << 20, 'x');
  {
    const FileSizeLimit limit(1000);
    EXPECT_THROW(write_file_atomically(path, std::string_view(large)), Error);
  }
  EXPECT_EQ(contents(path), "old");
  EXPECT_EQ(files_in(folder.path()), 1u);
}

TEST(AtomicWrite, LeavesNothingWhenTheProducerFails) {
  const test::TemporaryFolder folder;
  const auto fails = [](const Append&) { throw Error("no"); };
  EXPECT_THROW(write_file_atomically(folder.path() / "out", fails), Error);
  EXPECT_EQ(files_in(folder.path()), 0u);
}

TEST(AtomicWrite, NamesTheMissingFolder) {
  try {
    write_file_atomically("/nowhere/at/all/out.onnx", std::string_view("x"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("the folder /nowhere/at/all does not exist"));
  }
}

TEST(MappedFile, RefusesDirectoriesAndMissingFilesAndMapsEmptyOnesToNothing) {
  const test::TemporaryFolder folder;
  EXPECT_THROW(MappedFile(folder.path()), Error);
  EXPECT_THROW(MappedFile(folder.path() / "missing"), Error);
  write_file_atomically(folder.path() / "empty", std::string_view(""));
  EXPECT_TRUE(MappedFile(folder.path() / "empty").bytes().empty());
}
