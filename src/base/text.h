// Names and numbers as people write them: globs, nearest names, byte and time units.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

// Shell-like pattern over the whole name: * any run (also of '/'), ? one character, [abc] and [a-z] one of a set,
// [!a] none of it. Any other character stands for itself.
bool glob_matches(std::string_view pattern, std::string_view name);

// Up to `most` of the names that are nearest to `wrong` by edit distance, nearest first; far ones are left out.
std::vector<std::string> nearest_names(std::string_view wrong, const std::vector<std::string>& names, int most = 3);

// "'conv1', 'conv2' or 'conv3'"; empty for none.
std::string quoted_list(const std::vector<std::string>& names);

// "; did you mean 'a' or 'b'?", or "" where nothing is near.
std::string did_you_mean(std::string_view wrong, const std::vector<std::string>& names);

// "'a', 'b', 'c' and 12 more": the first `most` of them.
std::string some_of(const std::vector<std::string>& names, std::size_t most = 12);

// "1 layer", "2 layers", "3 biases"; `many` where the word alone does not make it: "1 channel holds", "2 channels hold".
std::string counted(std::int64_t count, std::string_view one, std::string_view many = "");

std::string join(const std::vector<std::string>& parts, std::string_view separator);

std::string format_bytes(std::uint64_t bytes);   // 18.6 MB (10^6), 512 B
std::string format_seconds(double seconds);      // 0.8 ms, 3.21 s, 2 min 05 s
std::uint64_t parse_bytes(std::string_view text);  // "512M", "512 MB", "1.5GiB", "4096"; throws UsageError

}  // namespace halftone
