#include "web/page_values.hpp"

namespace postern {

void set_time(PageData& data, const std::string& name, TimePoint time) {
  const std::string exact = to_rfc3339(time);
  data.set(name, exact);
  constexpr std::size_t kDate = 10;
  constexpr std::size_t kMinutes = 5;
  data.set(name + "_text",
           exact.substr(0, kDate) + " " + exact.substr(kDate + 1, kMinutes) + " UTC");
}

}  // namespace postern
