#include "base/metrics.hpp"

#include <algorithm>
#include <charconv>

namespace postern {
namespace {

constexpr std::size_t kNumberBytes = 32;

void append_number(std::string& text, double value) {
  char digits[kNumberBytes];
  // 15 digits: a counter is written as the whole number that it is, however large it gets to be.
  const auto [end, error] =
      std::to_chars(digits, digits + sizeof digits, value, std::chars_format::general, 15);
  if (error == std::errc()) text.append(digits, end);
}

void append_escaped(std::string& text, std::string_view value) {
  for (const char c : value) {
    if (c == '\\' || c == '"') text.push_back('\\');
    if (c == '\n') {
      text.append("\\n");
    } else {
      text.push_back(c);
    }
  }
}

}  // namespace

void MetricsText::begin(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_.append("# HELP ").append(name).append(" ").append(help);
  text_.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

void MetricsText::sample(const Labels& labels, double value, std::string_view suffix) {
  text_.append(name_).append(suffix);
  char separator = '{';
  for (const auto& [key, content] : labels) {
    text_.push_back(separator);
    text_.append(key).append("=\"");
    append_escaped(text_, content);
    text_.push_back('"');
    separator = ',';
  }
  if (!labels.empty()) text_.push_back('}');
  text_.push_back(' ');
  append_number(text_, value);
  text_.push_back('\n');
}

void DurationHistogram::observe(std::chrono::nanoseconds time) {
  time = std::max(time, std::chrono::nanoseconds::zero());
  std::size_t bucket = 0;
  while (bucket < bounds_.size() && time > bounds_[bucket].first) ++bucket;
  counts_[bucket].fetch_add(1, std::memory_order_relaxed);
  sum_ns_.fetch_add(static_cast<std::uint64_t>(time.count()), std::memory_order_relaxed);
}

std::uint64_t DurationHistogram::count() const {
  std::uint64_t total = 0;
  for (const auto& count : counts_) total += count.load(std::memory_order_relaxed);
  return total;
}

void DurationHistogram::write(MetricsText& text, MetricsText::Labels labels) const {
  std::uint64_t total = 0;
  auto& [le, bound] = labels.emplace_back("le", "");
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    total += counts_[i].load(std::memory_order_relaxed);
    bound = i < bounds_.size() ? bounds_[i].second : "+Inf";
    text.sample(labels, static_cast<double>(total), "_bucket");
  }
  labels.pop_back();
  const auto sum_ns = static_cast<double>(sum_ns_.load(std::memory_order_relaxed));
  text.sample(labels, sum_ns / 1e9, "_sum");
  text.sample(labels, static_cast<double>(total), "_count");
}

}  // namespace postern
