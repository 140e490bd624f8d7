#include "store_sql/request_codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern {
namespace {

using testing::ElementsAre;

std::string encoded(const std::string& email) {
  AcceptedRequest accepted;
  accepted.request.email = {email, email};
  return encode_requests({"row", {&accepted}});
}

std::vector<std::string> places(const std::vector<AcceptedRequest>& requests) {
  std::vector<std::string> all;
  for (const auto& accepted : requests) {
    all.push_back(accepted.place.row + "/" + std::to_string(accepted.place.index) + " " +
                  (accepted.readable ? accepted.request.email.address : "unreadable"));
  }
  return all;
}

TEST(RequestCodec, R1_a_row_that_cannot_be_read_does_not_stand_before_the_others) {
  const std::string two =
      R"({"requests":[{"action":"sing"},)" + encoded("b@example.com").substr(13);
  EXPECT_THAT(places(decode_requests({{"r3", encoded("c@example.com"), "", {}},
                                      {"r1", "no JSON", "", {}},
                                      {"r2", two, "", {}}})),
              ElementsAre("r1/0 unreadable", "r2/0 unreadable", "r2/1 b@example.com",
                          "r3/0 c@example.com"));
}

TEST(RequestCodec, resolved_requests_are_left_out) {
  const std::string one = encoded("a@example.com");
  const std::string two = one.substr(0, one.size() - 2) + "," + one.substr(13);
  EXPECT_THAT(places(decode_requests({{"r1", two, ",0", {}}})), ElementsAre("r1/1 a@example.com"));
}

}  // namespace
}  // namespace postern
