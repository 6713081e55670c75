// Runs a fuzz target with any compiler: its seeds, changes of them that are the same every time,
// and the files of folders.
//
// Usage: TARGET_replay [FOLDER...]
//        TARGET_replay --seeds FOLDER   writes the seeds there, for libFuzzer to begin with

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz.hpp"

namespace {

namespace fs = std::filesystem;

constexpr int changes_per_seed = 100;
int runs = 0;

bool holds(const std::string& bytes, const std::string& name) {
  ++runs;
  try {
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    return true;
  } catch (const std::exception& error) {
    std::cerr << name << ": " << error.what() << '\n';
    return false;
  }
}

// A byte set, left out, or put in; up to four times.
std::string changed(std::string bytes, std::minstd_rand& random) {
  for (auto left = 1 + random() % 4; left > 0 && !bytes.empty(); --left) {
    const std::size_t at = random() % bytes.size();
    const char byte = static_cast<char>(random() % 256);
    switch (random() % 4) {
      case 0:
        bytes.erase(at, 1);
        break;
      case 1:
        bytes.insert(at, 1, byte);
        break;
      default:
        bytes[at] = byte;
    }
  }
  return bytes;
}

bool seeds_hold() {
  std::minstd_rand random(1);
  bool all_hold = true;
  const std::vector<std::string> seeds = tapegrad::fuzz::seeds();
  for (std::size_t k = 0; k < seeds.size(); ++k) {
    const std::string name = "seed " + std::to_string(k);
    all_hold = holds(seeds[k], name) && all_hold;
    for (int change = 0; change < changes_per_seed; ++change)
      all_hold =
          holds(changed(seeds[k], random), name + ", change " + std::to_string(change)) && all_hold;
  }
  return all_hold;
}

bool files_hold(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::ranges::sort(files);
  bool all_hold = true;
  for (const fs::path& file : files) {
    std::ifstream in(file, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    all_hold = holds(bytes, file.string()) && all_hold;
  }
  return all_hold;
}

void write_seeds(const fs::path& folder) {
  fs::create_directories(folder);
  const std::vector<std::string> seeds = tapegrad::fuzz::seeds();
  for (std::size_t k = 0; k < seeds.size(); ++k)
    std::ofstream(folder / ("seed-" + std::to_string(k)), std::ios::binary) << seeds[k];
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  if (words.size() == 2 && words[0] == "--seeds") {
    write_seeds(words[1]);
    return 0;
  }
  bool all_hold = seeds_hold();
  for (const std::string& folder : words) all_hold = files_hold(folder) && all_hold;
  std::cout << runs << " inputs\n";
  return all_hold ? 0 : 1;
}
