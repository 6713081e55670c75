// What each thread has one of.
#pragma once

#include <utility>

namespace tapegrad {

/// Made when a thread first asks for it, and destroyed with the thread. Who asks later still, as
/// destructors of static objects do on the main thread, gets a new one, which stays. Hidden: two
/// copies of the library in a process have one each.
template <class T> [[gnu::visibility("hidden")]] T& of_this_thread() {
  static constinit thread_local T* object = nullptr;
  struct Owner {
    ~Owner() { delete std::exchange(object, nullptr); }
    void stay() const {}
  };
  if (object == nullptr) [[unlikely]] {
    object = new T;
    static thread_local const Owner owner;
    owner.stay();  // made now, if it is not gone
  }
  return *object;
}

}  // namespace tapegrad
