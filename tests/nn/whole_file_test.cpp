// What becomes of the older file when a new one cannot be written to its end.

#include "files/whole_file.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "files/scratch_folder.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/nn/tensor_file.hpp"
#include "tensor_bytes.hpp"

#if defined(__unix__) || defined(__APPLE__)
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#endif

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

namespace fs = std::filesystem;

void write_whole(const fs::path& path, std::string_view text) {
  WholeFile file(path);
  file.write(std::as_bytes(std::span(text)));
  file.finish();
}

}  // namespace

TEST_CASE("a file has its name only when it is finished") {
  const ScratchFolder folder;
  {
    WholeFile file(folder / "f");
    file.write(std::as_bytes(std::span("half")));
    CHECK(!fs::exists(folder / "f"));
    CHECK(folder.files() == 1);
  }
  CHECK(folder.files() == 0);
  write_whole(folder / "f", "old");
  {
    WholeFile file(folder / "f");
    file.write(std::as_bytes(std::span("half")));
    CHECK(folder.bytes("f") == "old");
  }
  CHECK(folder.bytes("f") == "old");
  write_whole(folder / "f", "new");
  CHECK(folder.bytes("f") == "new");
  CHECK(folder.files() == 1);
}

TEST_CASE("a file replaces only files, and tells what else is in its way") {
  const ScratchFolder folder;
  fs::create_directory(folder / "sub");
  const std::string path = (folder / "sub").string();
  CHECK_THROWS_AS(WholeFile{path}, FileError);
  CHECK(message_behind(path, [&] { WholeFile{path}; }) == "cannot be written: it is a folder");
  const std::string missing = (folder / "no/f").string();
  CHECK(message_behind(missing, [&] { WholeFile{missing}; }) ==
        "cannot be written: No such file or directory");
  folder.write("file", "old");
  CHECK(message_behind((folder / "file/f").string(), [&] { WholeFile{folder / "file/f"}; }) ==
        "cannot be written: Not a directory");
  CHECK(folder.bytes("file") == "old");
  CHECK(folder.files() == 2);
}

#if defined(__unix__) || defined(__APPLE__)

TEST_CASE("devices are not replaced, and folders that nobody may write to give an error") {
  CHECK_THROWS_AS(save_tensors({}, "/dev/full"), FileError);
  CHECK(message_behind("/dev/full", [] { save_tensors({}, "/dev/full"); }) ==
        "cannot be written: it is no ordinary file");
  const ScratchFolder folder;
  folder.write("f", "old");
  fs::permissions(folder / "", fs::perms::owner_read | fs::perms::owner_exec);
  if (geteuid() != 0) CHECK_THROWS_AS(save_tensors({}, folder / "f"), FileError);  // root may
  fs::permissions(folder / "", fs::perms::owner_all);
}

TEST_CASE("a file keeps its permissions, and a link leads where it did") {
  const ScratchFolder folder;
  folder.write("f", "old");
  fs::permissions(folder / "f", fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("f", folder / "link");
  write_whole(folder / "link", "new");
  CHECK(fs::is_symlink(folder / "link"));
  CHECK(!fs::is_symlink(folder / "f"));
  CHECK(folder.bytes("f") == "new");
  CHECK(fs::status(folder / "f").permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  fs::remove(folder / "f");
  write_whole(folder / "link", "again");  // it leads to nothing
  CHECK(folder.bytes("f") == "again");
  CHECK(fs::is_symlink(folder / "link"));
  fs::create_symlink("circle", folder / "circle");
  CHECK_THROWS_AS(write_whole(folder / "circle", "x"), FileError);
  CHECK(folder.files() == 3);
}

TEST_CASE("where a file cannot grow to its length, the older one stays") {
  const ScratchFolder folder;
  TensorFile file;
  file.add("w", std::vector{1.0});
  save_tensors(file, folder / "f");
  const std::string before = folder.bytes("f");
  for (const std::size_t count :
       {std::size_t{1000}, std::size_t{100'000}}) {  // found at the end, and on the way
    TensorFile larger;
    larger.add("w", std::vector<double>(count));
    // What a full disk does: writing comes to an end, with an error.
    rlimit limit{};
    REQUIRE(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    const rlim_t unlimited = limit.rlim_cur;
    limit.rlim_cur = 4096;
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    const std::string message =
        message_behind((folder / "f").string(), [&] { save_tensors(larger, folder / "f"); });
    limit.rlim_cur = unlimited;
    REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    std::signal(SIGXFSZ, handler);
    CHECK(message == "cannot be written: File too large");
    CHECK(folder.bytes("f") == before);
    CHECK(folder.files() == 1);
  }
}

namespace {

/// A file that tells by each of its numbers which one it is.
TensorFile generation(std::uint64_t number) {
  TensorFile file;
  file.add("words", std::vector<std::uint64_t>(2000, number));
  file.add("doubles", std::vector<double>(5000, static_cast<double>(number)));
  return file;
}

/// Saves one generation after the other until it is killed; tells of the first.
[[noreturn]] void save_for_ever(const fs::path& path, int told) {
  try {
    for (std::uint64_t number = 1;; ++number) {
      save_tensors(generation(number), path);
      if (number == 1 && write(told, "1", 1) != 1) _exit(1);
    }
  } catch (...) {
  }
  _exit(2);
}

}  // namespace

TEST_CASE("whenever a process that saves is killed, a whole file is there") {
  const ScratchFolder folder;
  std::mt19937 random(20);
  for (int round = 0; round < 50; ++round) {
    CAPTURE(round);
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) save_for_ever(folder / "f", ends[1]);
    close(ends[1]);
    char first = 0;
    REQUIRE(read(ends[0], &first, 1) == 1);
    close(ends[0]);
    usleep(static_cast<useconds_t>(random() % 8000));
    REQUIRE(kill(child, SIGKILL) == 0);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));

    const TensorFile file = load_tensors(folder / "f");
    const std::uint64_t number = file.numbers<std::uint64_t>("words").at(0);
    CHECK(number >= 1);
    CHECK(file.numbers<std::uint64_t>("words") == std::vector<std::uint64_t>(2000, number));
    CHECK(file.numbers<double>("doubles") ==
          std::vector<double>(5000, static_cast<double>(number)));
  }
}

#endif
