#include "base/timer.hpp"

#include <pthread.h>

#include <utility>

#include "base/barrier.hpp"

namespace postern {

Timer::Timer() : thread_([this] { loop(); }) {
  pthread_setname_np(thread_.native_handle(), "timer");
}

Timer::~Timer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Timer::run_at(Time time, std::function<void()> function) {
  bool is_first = false;
  {
    const std::lock_guard lock(mutex_);
    const auto place = waiting_.emplace(time, std::move(function));
    is_first = place == waiting_.begin();
  }
  if (is_first) changed_.notify_one();
}

void Timer::loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (waiting_.empty()) {
      if (stopping_) return;
      changed_.wait(lock);
      continue;
    }
    const Time due = waiting_.begin()->first;
    if (!stopping_ && std::chrono::steady_clock::now() < due) {
      changed_.wait_until(lock, due);
      continue;
    }
    auto next = waiting_.extract(waiting_.begin());
    lock.unlock();
    static_cast<void>(guarded(next.mapped()));
    lock.lock();
  }
}

}  // namespace postern
