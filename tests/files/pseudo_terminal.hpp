// A terminal whose other end is the test.
#pragma once

#ifndef _WIN32
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

namespace tapegrad::testing {

class PseudoTerminal {
 public:
  PseudoTerminal() : end_(posix_openpt(O_RDWR | O_NOCTTY)) {
    if (end_ >= 0 && grantpt(end_) == 0 && unlockpt(end_) == 0) path_ = ptsname(end_);
  }
  ~PseudoTerminal() {
    if (end_ >= 0) close(end_);
  }
  PseudoTerminal(const PseudoTerminal&) = delete;
  PseudoTerminal& operator=(const PseudoTerminal&) = delete;

  /// Empty where the system has none to give.
  const std::string& path() const { return path_; }

  /// What was written to it, no more than 4096 bytes, by whoever has closed it since.
  std::string drawn() const {
    std::string text;
    std::array<char, 4096> bytes{};
    while (true) {  // it comes in pieces
      const ssize_t size = read(end_, bytes.data(), bytes.size());
      if (size <= 0) return text;
      text.append(bytes.data(), static_cast<std::size_t>(size));
    }
  }

 private:
  int end_;
  std::string path_;
};

}  // namespace tapegrad::testing
#endif
