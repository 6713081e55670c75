#include "draw/process.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "tapegrad/core/error.hpp"

#if !defined(_WIN32)
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__APPLE__)
#include <crt_externs.h>  // a shared library there has no `environ`
#define environ (*_NSGetEnviron())
#endif
#endif

namespace tapegrad {

#if defined(_WIN32)

PictureResult run(const PictureCommand& command, std::string_view) {
  return {.picture = {},
          .problem = fmt::format("starting {} is not supported on Windows", command.program)};
}

#else

namespace {

std::string reason(int error) { return std::generic_category().message(error); }

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

/// A file without a name, which is gone when it is closed.
File scratch_file(const std::string& program) {
  File file(std::tmpfile(), std::fclose);
  if (!file)
    throw FileError(fmt::format("cannot make a temporary file for {}: {}", program, reason(errno)));
  return file;
}

std::string content_of(std::FILE* file) {
  std::rewind(file);
  std::string text;
  std::array<char, 1 << 16> block;
  for (std::size_t n; (n = std::fread(block.data(), 1, block.size(), file)) > 0;)
    text.append(block.data(), n);
  return text;
}

std::string last_line(std::string_view text) {
  text = text.substr(0, text.find_last_not_of(" \r\n") + 1);
  return std::string(text.substr(text.rfind('\n') + 1));  // npos + 1 is 0: the whole text
}

/// With its beginning and its end: whoever fails midway writes no picture.
bool is_whole(std::string_view picture, PictureFormat format) {
  if (format == PictureFormat::svg) return picture.find("</svg>") != std::string_view::npos;
  return picture.starts_with("\x89PNG\r\n\x1a\n") &&
         picture.find("IEND", picture.size() - std::min<std::size_t>(picture.size(), 8)) !=
             std::string_view::npos;
}

}  // namespace

PictureResult run(const PictureCommand& command, std::string_view input) {
  const std::string& program = command.program;
  // Files, not pipes: whoever is slow or dies, nobody waits and no signal comes.
  const File in = scratch_file(program);
  const File out = scratch_file(program);
  const File errors = scratch_file(program);
  if (std::fwrite(input.data(), 1, input.size(), in.get()) != input.size() ||
      std::fflush(in.get()) != 0)
    throw FileError(
        fmt::format("cannot write a temporary file for {}: {}", program, reason(errno)));
  std::rewind(in.get());

  std::vector<std::string> words{program};
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, fileno(in.get()), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, fileno(out.get()), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, fileno(errors.get()), STDERR_FILENO);
  pid_t child = 0;
  const int error = posix_spawnp(&child, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error == ENOENT) return {.picture = {}, .problem = command.install};
  if (error != 0)
    return {.picture = {},
            .problem = fmt::format("{} cannot be started: {}", program, reason(error))};

  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  std::string picture = content_of(out.get());
  if (status != 0 || !is_whole(picture, command.format)) {
    const std::string message = last_line(content_of(errors.get()));
    return {.picture = {},
            .problem = fmt::format("{} failed{}{}", program, message.empty() ? "" : ": ", message)};
  }
  return {.picture = std::move(picture), .problem = {}};
}

#endif

}  // namespace tapegrad
