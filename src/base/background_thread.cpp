#include "base/background_thread.hpp"

#include <pthread.h>

#include <utility>

#include "base/barrier.hpp"

namespace postern {

bool pause(const std::stop_token& stop, std::chrono::steady_clock::duration time) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

BackgroundThread::BackgroundThread(Work work)
    : work_(std::move(work)), thread_([this](const std::stop_token& stop) { loop(stop); }) {}

void BackgroundThread::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_one();
}

void BackgroundThread::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void BackgroundThread::loop(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), work_.name);
  wait(stop, work_.first_wait);
  while (!stop.stop_requested()) {
    const auto next = guarded([&] { return Result<Time>(work_.round(stop)); });
    // A callback that throws as well must not end the process.
    if (!next) (void)guarded([&] { work_.failed(next.error()); });
    wait(stop, next ? *next : work_.wait_after_failure);
  }
  if (work_.at_end) (void)guarded(work_.at_end);
}

void BackgroundThread::wait(const std::stop_token& stop, Time time) {
  std::unique_lock lock(mutex_);
  if (time > Time::zero()) changed_.wait_for(lock, stop, time, [&] { return woken_; });
  woken_ = false;
}

}  // namespace postern
