// The metrics of a process in Prometheus' text format 0.0.4.
//
// Thread contract: DurationHistogram may be used from any thread; MetricsText is a plain value.
// Keeps no registry: each source writes its samples when it is asked.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace postern {

/// The page, family by family: begin() one, then write all of its samples.
class MetricsText {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  /// `type` is counter, gauge, histogram or summary.
  void begin(std::string_view name, std::string_view type, std::string_view help);
  /// `suffix` is what histograms and summaries add to the family's name: _sum, _count, _bucket.
  void sample(Labels labels, double value, std::string_view suffix = {});
  void sample(double value) { sample({}, value); }

  std::string take() { return std::move(text_); }

 private:
  std::string name_;
  std::string text_;
};

/// How long something took, in a few coarse buckets.
class DurationHistogram {
 public:
  void observe(std::chrono::steady_clock::duration time);
  /// Samples of the family that was begun; `key` and `value` are their first label.
  void write(MetricsText& text, std::string_view key, std::string_view value) const;
  std::uint64_t count() const;

 private:
  static constexpr std::array<std::pair<std::chrono::microseconds, std::string_view>, 8> kBounds{{
      {std::chrono::microseconds(1'000), "0.001"},
      {std::chrono::microseconds(5'000), "0.005"},
      {std::chrono::microseconds(25'000), "0.025"},
      {std::chrono::microseconds(100'000), "0.1"},
      {std::chrono::microseconds(500'000), "0.5"},
      {std::chrono::microseconds(1'000'000), "1"},
      {std::chrono::microseconds(5'000'000), "5"},
      {std::chrono::microseconds(30'000'000), "30"},
  }};

  /// The last one is for what took longer than every bound.
  std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> counts_ = {};
  std::atomic<std::uint64_t> sum_ns_ = 0;
};

}  // namespace postern
