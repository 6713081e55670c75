// The command line of a sample: its options, the --help that lists them, and errors as one line.
//
//   Options options;
//   CommandLine line("xor", "the smallest thing that needs a hidden layer");
//   line.number("--seed", options.seed, {0, UINT64_MAX}, "for the first weights");
//   return line.run(argc, argv, [&] { run(options); });
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "run_sample.hpp"
#include "tapegrad/core/error.hpp"

/// @return whether all of `text` is a number that T can hold
template <class T> bool read_number(std::string_view text, T& number) {
  const char* const end = text.data() + text.size();
  if constexpr (requires { std::from_chars(end, end, number); }) {
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && stop == end;
  } else {  // libc++ before 20 has it for integers only
    const std::string copy(text);
    char* stop = nullptr;
    number = std::strtod(copy.c_str(), &stop);
    return !copy.empty() && stop == copy.c_str() + copy.size();
  }
}

/// A number of type T, all of `text`, between low and high.
template <class T> T parse_number(std::string_view option, std::string_view text, T low, T high) {
  T number{};
  if (!read_number(text, number) || !(number >= low && number <= high))
    throw tapegrad::ArgumentError(fmt::format("{} takes {} from {} to {}, not '{}'", option,
                                              std::is_integral_v<T> ? "an integer" : "a number",
                                              low, high, text));
  return number;
}

template <class T> struct Limits {
  T low;
  T high;
};

class CommandLine {
 public:
  /// @param about  what the sample is, after its name
  CommandLine(std::string name, std::string about)
      : name_(std::move(name)), about_(std::move(about)) {}

  /// An option that is followed by a number; `target` holds the default.
  template <class T>
  void number(std::string option, T& target, std::type_identity_t<Limits<T>> limits,
              std::string_view help) {
    add({option, std::is_integral_v<T> ? "N" : "R", fmt::format("{} ({})", help, target),
         [&target, limits, option](std::string_view text) {
           target = parse_number(option, text, limits.low, limits.high);
         }});
  }

  /// An option that is followed by a file or folder.
  void path(std::string option, std::filesystem::path& target, std::string value,
            std::string_view help) {
    const std::string named = target.empty() ? "none" : target.string();
    add({std::move(option), std::move(value), fmt::format("{} ({})", help, named),
         [&target](std::string_view text) { target = text; }});
  }

  /// An option that nothing follows.
  void flag(std::string option, bool& target, std::string_view help) {
    add({std::move(option), "", std::string(help), [&target](std::string_view) { target = true; }});
  }

  /// Any other one.
  struct Option {
    std::string name;
    std::string value;  // what --help calls the text after it; empty: nothing follows
    std::string help;
    std::function<void(std::string_view text)> set;
  };
  void add(Option option) { options_.push_back(std::move(option)); }

  std::string usage() const {
    std::vector<Option> all = options_;
    all.push_back({"--help", "", "this text", {}});
    std::size_t width = 0;
    for (const Option& option : all)
      width = std::max(width, option.name.size() + 1 + option.value.size());
    std::string text = fmt::format("{}: {}\n\n", name_, about_);
    for (const Option& option : all)
      text += fmt::format("  {:{}}  {}\n", option.name + " " + option.value, width, option.help);
    return text;
  }

  /// Sets what the options say.
  /// @return  is the sample to run? Else --help was asked for.
  /// @throws tapegrad::ArgumentError for an unknown option or a value that makes no sense
  bool parse(const std::vector<std::string_view>& arguments) const {
    bool help = false;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const std::string_view name = arguments[i];
      if (name == "--help") {
        help = true;
        continue;
      }
      const auto option = std::find_if(options_.begin(), options_.end(),
                                       [&](const Option& each) { return each.name == name; });
      if (option == options_.end())
        throw tapegrad::ArgumentError(
            fmt::format("there is no option '{}'; --help lists those there are", name));
      const bool takes_value = !option->value.empty();
      if (takes_value && i + 1 == arguments.size())
        throw tapegrad::ArgumentError(fmt::format("{} needs a value after it", name));
      option->set(takes_value ? arguments[++i] : std::string_view());
    }
    return !help;
  }

  /// All that main() does: run_sample(), or the text of --help.
  template <class Sample> int run(int argc, char** argv, const Sample& sample) const {
    bool wanted = true;
    const int bad_options = run_sample(name_, [&] { wanted = parse({argv + 1, argv + argc}); });
    if (bad_options != 0) return bad_options;
    if (wanted) return run_sample(name_, sample);
    fmt::print("{}", usage());
    return 0;
  }

 private:
  std::string name_;
  std::string about_;
  std::vector<Option> options_;
};
