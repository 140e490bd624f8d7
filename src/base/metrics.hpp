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
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern {

/// The page, family by family: begin() one, then write all of its samples.
class MetricsText {
 public:
  using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

  /// `type` is counter, gauge, histogram or summary.
  void begin(std::string_view name, std::string_view type, std::string_view help);
  /// `suffix` is what histograms and summaries add to the family's name: _sum, _count, _bucket.
  void sample(const Labels& labels, double value, std::string_view suffix = {});
  void sample(double value) { sample({}, value); }

  std::string take() { return std::move(text_); }

 private:
  std::string name_;
  std::string text_;
};

/// How long something took, in a few coarse buckets.
class DurationHistogram {
 public:
  /// An upper bound, and the same in seconds as its label.
  using Bound = std::pair<std::chrono::milliseconds, std::string_view>;

  /// Of a request: 1 ms to 30 s.
  static constexpr std::array<Bound, 8> kRequestBounds{{
      {std::chrono::milliseconds(1), "0.001"},
      {std::chrono::milliseconds(5), "0.005"},
      {std::chrono::milliseconds(25), "0.025"},
      {std::chrono::milliseconds(100), "0.1"},
      {std::chrono::milliseconds(500), "0.5"},
      {std::chrono::seconds(1), "1"},
      {std::chrono::seconds(5), "5"},
      {std::chrono::seconds(30), "30"},
  }};
  /// Of an email: 0.1 s to 4 h.
  static constexpr std::array<Bound, 8> kDeliveryBounds{{
      {std::chrono::milliseconds(100), "0.1"},
      {std::chrono::milliseconds(500), "0.5"},
      {std::chrono::seconds(2), "2"},
      {std::chrono::seconds(10), "10"},
      {std::chrono::minutes(1), "60"},
      {std::chrono::minutes(10), "600"},
      {std::chrono::hours(1), "3600"},
      {std::chrono::hours(4), "14400"},
  }};

  explicit DurationHistogram(std::span<const Bound, 8> bounds = kRequestBounds) : bounds_(bounds) {}

  /// A negative time counts as none.
  void observe(std::chrono::nanoseconds time);
  /// Samples of the family that was begun.
  void write(MetricsText& text, MetricsText::Labels labels) const;
  std::uint64_t count() const;

 private:
  const std::span<const Bound, 8> bounds_;
  /// The last one is for what took longer than every bound.
  std::array<std::atomic<std::uint64_t>, 8 + 1> counts_ = {};
  std::atomic<std::uint64_t> sum_ns_ = 0;
};

}  // namespace postern
