// Functions that run later, on one thread of their own.
//
// Thread contract: run_at() from any thread; the functions run on the timer's thread, one after the
// other, must not block, and what they throw is lost.
// The destructor runs what still waits, at once, so that no response is lost.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace postern {

class Timer {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Timer();
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void run_at(Time time, std::function<void()> function);

 private:
  void loop();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<Time, std::function<void()>> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace postern
