#include "http/connection_caps.hpp"

#include <gtest/gtest.h>

#include "http/client_address.hpp"

namespace postern {
namespace {

TEST(ConnectionCaps, counts_the_connections_of_a_network_together) {
  ConnectionCaps caps(10, 1);
  auto& first = caps.enter(*IpAddress::parse("2001:db8::1"), false);
  EXPECT_FALSE(caps.over(first));
  auto& second = caps.enter(*IpAddress::parse("2001:db8::2"), false);
  EXPECT_EQ(&first, &second);
  EXPECT_TRUE(caps.over(second));
  caps.leave(second);
  EXPECT_FALSE(caps.over(first));
}

TEST(ConnectionCaps, a_neighbour_of_a_trusted_proxy_has_a_cap) {
  ConnectionCaps caps(10, 1);
  const auto proxy_address = *IpAddress::parse("2001:db8::1"),
             other = *IpAddress::parse("2001:db8::2");
  auto& proxy = caps.enter(proxy_address, true);
  caps.enter(proxy_address, true);
  auto& client = caps.enter(other, false);
  EXPECT_FALSE(caps.over(client));
  caps.enter(other, false);
  EXPECT_TRUE(caps.over(client));
  EXPECT_FALSE(caps.over(proxy)) << "its connections belong to many people";
  for (int i = 0; i < 2; ++i) caps.leave(client);
  EXPECT_EQ(caps.counts().open, 2U);
}

}  // namespace
}  // namespace postern
