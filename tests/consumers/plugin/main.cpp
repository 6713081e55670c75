// A program that knows nothing of tapegrad, and loads a plugin that does, again and again; also on
// a thread that ends before the plugin goes, and on one that outlives it.
// Usage: main PLUGIN
#include <dlfcn.h>

#include <cstdio>
#include <future>
#include <thread>

namespace {

using Gradient = double (*)(double);

bool is_right(void* plugin) {
  const auto gradient = reinterpret_cast<Gradient>(dlsym(plugin, "gradient_of_cube"));
  return gradient != nullptr && gradient(2) == 12;
}

}  // namespace

int main(int, char** arguments) {
  for (int i = 0; i < 20; ++i) {
    void* plugin = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (plugin == nullptr) {
      std::fputs(dlerror(), stderr);
      return 1;
    }
    if (!is_right(plugin)) return 2;

    bool on_a_thread = false;
    std::thread([&] { on_a_thread = is_right(plugin); }).join();
    if (!on_a_thread) return 3;

    std::promise<bool> computed;
    std::promise<void> closed;
    std::thread survivor([&] {
      computed.set_value(is_right(plugin));
      closed.get_future().wait();  // what it has of tapegrad is destroyed after this
    });
    const bool on_the_survivor = computed.get_future().get();
    dlclose(plugin);
    closed.set_value();
    survivor.join();
    if (!on_the_survivor) return 4;
  }
}
