// Writes the valid files that fuzzing begins with: FOLDER/<reader>/.
#include <cstdio>

#include "base/error.h"
#include "fuzz/readers.h"
#include "support/temporary_folder.h"

using namespace halftone;
namespace fs = std::filesystem;

int main(int count, char** arguments) {
  if (count != 2) {
    std::fputs("usage: fuzz_seeds FOLDER\n", stderr);
    return 2;
  }
  try {
    for (const test::Reader& reader : test::readers()) {
      const test::TemporaryFolder made;
      const fs::path corpus = fs::path(arguments[1]) / reader.name;
      fs::create_directories(corpus);
      for (const fs::path& seed : reader.seeds(made.path())) fs::copy_file(seed, corpus / seed.filename(), fs::copy_options::overwrite_existing);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fuzz_seeds: %s\n", error.what());
    return 1;
  }
}
