// Rooms include only rooms above them (src/README.md). The order below is the order of the house.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>

namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kRooms = {"base",     "tensor",     "graph",  "targets", "kernels",  "operators", "formats", "data", "engine",
                                         "evaluation", "ranges", "passes", "training", "pipeline", "diagnosis", "report", "cli"};

int place(const std::string& room) {
  const auto found = std::find(kRooms.begin(), kRooms.end(), room);
  return found == kRooms.end() ? -1 : static_cast<int>(found - kRooms.begin());
}

std::vector<fs::path> sources() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(HALFTONE_SOURCE_DIR) / "src")) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".h" || extension == ".cpp") files.push_back(entry.path());
  }
  return files;
}

std::string room_of(const fs::path& file) { return fs::relative(file, fs::path(HALFTONE_SOURCE_DIR) / "src").begin()->string(); }

std::string contents(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

TEST(Architecture, RoomsIncludeOnlyRoomsAboveThem) {
  const std::regex include("#include \"([a-z_]+)/[^\"]*\"");
  for (const fs::path& file : sources()) {
    const std::string text = contents(file), room = room_of(file);
    ASSERT_GE(place(room), 0) << file << " lies in a room that the list does not know";
    for (auto match = std::sregex_iterator(text.begin(), text.end(), include); match != std::sregex_iterator(); ++match) {
      const std::string other = (*match)[1];
      EXPECT_GE(place(other), 0) << file << " includes the unknown room " << other;
      EXPECT_LE(place(other), place(room)) << file << " includes " << (*match)[0];
    }
  }
}

TEST(Architecture, ThirdPartyHeadersStayInTheirFiles) {
  const std::vector<std::pair<std::string, std::string>> homes = {
      {"oneapi/dnnl", "kernels"}, {"onnx-ml.pb.h", "formats"}, {"CLI/", "cli"}, {"jpeglib.h", "data"}, {"png.h", "data"}};
  for (const fs::path& file : sources()) {
    const std::string text = contents(file);
    for (const auto& [header, room] : homes) {
      if (text.find("#include <" + header) != std::string::npos || text.find("#include \"" + header) != std::string::npos) {
        EXPECT_EQ(room_of(file), room) << file << " includes " << header;
      }
    }
    const bool is_header = file.extension() == ".h";
    for (const char* heavy : {"#include <CLI/", "#include <toml++", "#include <nlohmann"}) {
      EXPECT_FALSE(is_header && text.find(heavy) != std::string::npos) << file << " is a header with " << heavy;
    }
  }
}

TEST(Architecture, FilesAreShorterThan600Lines) {
  for (const fs::path& file : sources()) {
    const std::string text = contents(file);
    EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 600) << file;
  }
}

TEST(Architecture, OnlyTheCommandLinePrints) {
  const std::regex prints("std::(cout|cerr)|\\b(printf|puts)\\(|fprintf\\(|fputs\\(");
  for (const fs::path& file : sources()) {
    if (room_of(file) == "cli" || file.filename() == "error.cpp") continue;  // error.cpp: the message of a broken invariant
    EXPECT_FALSE(std::regex_search(contents(file), prints)) << file;
  }
}
