// Cases of an earlier run do not pass for those of this one.
#include <gtest/gtest.h>

#include <filesystem>

namespace {

class CleanFolder : public testing::Environment {
 public:
  void SetUp() override { std::filesystem::remove_all(std::filesystem::path(HALFTONE_BINARY_DIR) / "cases"); }
};

[[maybe_unused]] testing::Environment* const kCleanFolder = testing::AddGlobalTestEnvironment(new CleanFolder);

}  // namespace
