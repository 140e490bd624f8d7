#include "http/client_address.hpp"

#include <gtest/gtest.h>

namespace postern {
namespace {

IpAddress address(std::string_view text) {
  const auto parsed = IpAddress::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(IpAddress());
}

TEST(IpAddress, L4_one_canonical_form) {
  struct Case {
    const char* text;
    const char* canonical;
  };
  for (const Case& c : {Case{"192.0.2.1", "192.0.2.1"}, Case{"::ffff:192.0.2.1", "192.0.2.1"},
                        Case{"::ffff:c000:201", "192.0.2.1"}, Case{"::1", "::1"},
                        Case{"2001:DB8:0:0::0001", "2001:db8::1"}}) {
    EXPECT_EQ(address(c.text).text(), c.canonical) << c.text;
  }
}

TEST(IpAddress, what_is_no_address_is_refused) {
  for (const std::string_view text :
       {"", "localhost", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "[::1]",
        "fe80::1%eth0", ":::", "1.2.3.4:80", "0x7f.1"}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
  EXPECT_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0x", 9)));
}

TEST(IpAddress, L4_a_limit_names_the_64_and_an_ipv4_address_whole) {
  EXPECT_EQ(limit_network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
  EXPECT_EQ(limit_network("2001:db8:1:2::9"), "2001:db8:1:2::");
  EXPECT_EQ(limit_network("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(limit_network("no:address"), "");
}

TEST(IpAddress, L4_ipv6_counts_by_its_64) {
  EXPECT_EQ(address("2001:db8:1:2:aaaa::1").limit_key(), address("2001:db8:1:2::9").limit_key());
  EXPECT_NE(address("2001:db8:1:2::1").limit_key(), address("2001:db8:1:3::1").limit_key());
  EXPECT_NE(address("192.0.2.1").limit_key(), address("192.0.2.2").limit_key());
  EXPECT_EQ(address("::ffff:192.0.2.1").limit_key(), address("192.0.2.1").limit_key());
}

TEST(Network, holds_its_addresses_and_no_others) {
  struct Case {
    const char* cidr;
    const char* address;
    bool inside;
  };
  for (const Case& c :
       {Case{"10.0.0.0/8", "10.255.0.1", true}, Case{"10.0.0.0/8", "11.0.0.1", false},
        Case{"10.1.2.3/8", "10.9.9.9", true}, Case{"192.0.2.7", "192.0.2.7", true},
        Case{"192.0.2.7", "192.0.2.8", false}, Case{"10.0.0.0/8", "::ffff:10.1.1.1", true},
        Case{"0.0.0.0/0", "203.0.113.9", true}, Case{"0.0.0.0/0", "::1", false},
        Case{"::/0", "203.0.113.9", false}, Case{"::/0", "2001:db8::1", true},
        Case{"fd00::/8", "fdff::1", true}, Case{"192.0.2.0/25", "192.0.2.128", false}}) {
    const auto network = parse_network(c.cidr);
    ASSERT_TRUE(network) << c.cidr;
    EXPECT_EQ(network->contains(address(c.address)), c.inside) << c.cidr << " " << c.address;
  }
}

TEST(Network, what_is_no_network_is_refused) {
  for (const char* cidr : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x",
                           "::/129", "proxy/8", "::ffff:0:0/90", "10.0.0.0/+8"}) {
    EXPECT_FALSE(parse_network(cidr)) << cidr;
  }
}

constexpr auto kXff = ForwardedHeader::kXForwardedFor;
constexpr auto kStandard = ForwardedHeader::kForwarded;
/// The client where no hop can be read.
constexpr const char* kPeer = "10.0.0.1";

TEST(ClientAddress, L3_rightmost_untrusted_hop_of_trusted_proxies_only) {
  const std::vector<Network> trusted{*parse_network("10.0.0.0/8"), *parse_network("fd00::/8")};
  struct Case {
    const char* peer;
    std::vector<const char*> lines;
    const char* client;
  };
  const std::vector<Case> cases{
      {"203.0.113.5", {"1.1.1.1"}, "203.0.113.5"},
      {"10.0.0.1", {}, "10.0.0.1"},
      {"10.0.0.1", {""}, "10.0.0.1"},
      {"10.0.0.1", {" , ,"}, "10.0.0.1"},
      {"10.0.0.1", {"198.51.100.7"}, "198.51.100.7"},
      {"10.0.0.1", {"6.6.6.6, 198.51.100.7"}, "198.51.100.7"},
      {"10.0.0.1", {"6.6.6.6,198.51.100.7,,"}, "198.51.100.7"},
      {"10.0.0.1", {"6.6.6.6, 198.51.100.7, 10.0.0.2"}, "198.51.100.7"},
      {"10.0.0.1", {"6.6.6.6", "198.51.100.7"}, "198.51.100.7"},
      {"10.0.0.1", {"6.6.6.6", "198.51.100.7", "10.0.0.3, 10.0.0.2"}, "198.51.100.7"},
      {"10.0.0.1", {"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
      {"10.0.0.1", {"198.51.100.7:4711"}, "198.51.100.7"},
      {"10.0.0.1", {"[2001:db8::7]:4711"}, "2001:db8::7"},
      {"10.0.0.1", {"[2001:db8::7]"}, "2001:db8::7"},
      {"10.0.0.1", {"2001:db8::7"}, "2001:db8::7"},
      {"::ffff:10.0.0.1", {"::ffff:198.51.100.7"}, "198.51.100.7"},
      // A quote that a client opened takes no hop along.
      {"10.0.0.1", {"\", 198.51.100.7"}, "198.51.100.7"},
      {"10.0.0.1", {"6.6.6.6, \"6.6.6.6, 198.51.100.7"}, "198.51.100.7"},
      {"10.0.0.1", {"\"", "198.51.100.7"}, "198.51.100.7"},
      // An unreadable element ends the walk, and no element behind it is trusted.
      {"10.0.0.1", {"\""}, kPeer},
      {"10.0.0.1", {"198.51.100.7, unknown, 10.0.0.2"}, "10.0.0.2"},
      {"10.0.0.1", {"198.51.100.7, unknown"}, kPeer},
      {"10.0.0.1", {"_hidden"}, kPeer},
      {"10.0.0.1", {"198.51.100.7:port"}, kPeer},
      {"10.0.0.1", {"198.51.100.7:123456"}, kPeer},
      {"10.0.0.1", {"198.51.100.7 6.6.6.6"}, kPeer},
      {"10.0.0.1", {"[198.51.100.7]"}, kPeer},
      {"10.0.0.1", {"[2001:db8::7"}, kPeer},
      {"10.0.0.1", {"[2001:db8::7]4711"}, kPeer},
      {"10.0.0.1", {"fe80::1%eth0"}, kPeer},
      {"10.0.0.1", {"for=198.51.100.7"}, kPeer},
  };
  for (const Case& c : cases) {
    std::vector<HttpHeader> headers{{"Forwarded", "for=7.7.7.7"}};
    for (const char* line : c.lines) headers.emplace_back("X-Forwarded-For", line);
    headers.emplace_back("Forwarded", "for=8.8.8.8");
    EXPECT_EQ(client_address(address(c.peer), headers, trusted, kXff).text(), c.client)
        << c.peer << " " << (c.lines.empty() ? "" : c.lines.front());
  }
}

TEST(ClientAddress, L3_forwarded_by_its_grammar) {
  const std::vector<Network> trusted{*parse_network("10.0.0.0/8"), *parse_network("fd00::/8")};
  struct Case {
    std::vector<const char*> lines;
    const char* client;
  };
  const std::vector<Case> cases{
      {{"for=198.51.100.7"}, "198.51.100.7"},
      {{"for=\"[2001:db8::7]:4711\";proto=https"}, "2001:db8::7"},
      {{"for=[2001:db8::7]:4711"}, "2001:db8::7"},
      {{"For = 198.51.100.7"}, kPeer},
      {{"proto=https; FOR=\"198.51.100.7:_p\" ;by=10.0.0.1"}, "198.51.100.7"},
      {{"for=6.6.6.6, For=198.51.100.7;by=10.0.0.1"}, "198.51.100.7"},
      {{"for=6.6.6.6", "for=198.51.100.7, for=10.0.0.2"}, "198.51.100.7"},
      {{"for=\"1.1.1.1, for=2.2.2.2"}, "2.2.2.2"},
      {{"for=\"", "for=198.51.100.7"}, "198.51.100.7"},
      {{"for=6.6.6.6;x=\", for=198.51.100.7"}, "198.51.100.7"},
      // Commas inside of a quoted value, also such that look like a hop.
      {{"for=6.6.6.6, for=198.51.100.7;host=\"a,b\""}, "198.51.100.7"},
      {{"for=198.51.100.7;host=\"a,for=6.6.6.6;x=b\""}, "198.51.100.7"},
      {{"for=198.51.100.7;host=\"\\\",for=6.6.6.6;x=\\\"\""}, "198.51.100.7"},
      {{"for=198.51.100.7, for=_hidden"}, kPeer},
      {{"for=198.51.100.7, for=unknown"}, kPeer},
      {{"for=198.51.100.7, proto=https"}, kPeer},
      {{"for=198.51.100.7;for=6.6.6.6"}, kPeer},
      {{"198.51.100.7"}, kPeer},
      {{"\""}, kPeer},
      {{""}, "10.0.0.1"},
  };
  for (const Case& c : cases) {
    std::vector<HttpHeader> headers{{"X-Forwarded-For", "7.7.7.7"}};
    for (const char* line : c.lines) headers.emplace_back("forwarded", line);
    EXPECT_EQ(client_address(address("10.0.0.1"), headers, trusted, kStandard).text(), c.client)
        << c.lines.front();
  }
}

TEST(ClientAddress, L3_so_many_hops_are_read) {
  const std::vector<Network> trusted{*parse_network("10.0.0.0/8")};
  std::string hops = "198.51.100.7";
  for (int i = 0; i < 31; ++i) hops += ", 10.0.0.2";
  const auto client_of = [&](const std::string& line) {
    const std::vector<HttpHeader> headers{{"X-Forwarded-For", line}};
    return client_address(address("10.0.0.1"), headers, trusted, kXff).text();
  };
  EXPECT_EQ(client_of(hops), "198.51.100.7");
  EXPECT_EQ(client_of(hops + ", 10.0.0.2"), "10.0.0.2");
  EXPECT_EQ(client_of(std::string(16'000, ',')), "10.0.0.1");
}

TEST(ClientAddress, L3_the_header_has_two_names) {
  EXPECT_EQ(parse_forwarded_header("x-forwarded-for"), kXff);
  EXPECT_EQ(parse_forwarded_header("Forwarded"), kStandard);
  EXPECT_FALSE(parse_forwarded_header("x-real-ip"));
}

TEST(ClientAddress, L3_no_proxy_is_trusted_by_default) {
  const std::vector<HttpHeader> headers{{"X-Forwarded-For", "1.1.1.1"}};
  EXPECT_EQ(client_address(address("127.0.0.1"), headers, {}, kXff).text(), "127.0.0.1");
}

TEST(ClientAddress, the_last_proxy_says_whether_it_was_https) {
  const auto secure = [](std::vector<HttpHeader> headers, ForwardedHeader header = kXff) {
    return forwarded_https(headers, header);
  };
  EXPECT_TRUE(secure({{"X-Forwarded-Proto", "https"}}));
  EXPECT_TRUE(secure({{"X-Forwarded-Proto", "http, HTTPS"}}));
  EXPECT_FALSE(secure({{"X-Forwarded-Proto", "https, http"}}));
  EXPECT_FALSE(secure({{"X-Forwarded-Proto", "httpsx"}}));
  EXPECT_FALSE(secure({}));
  EXPECT_TRUE(secure({{"Forwarded", "for=a;proto=https"}}, kStandard));
  EXPECT_FALSE(secure({{"Forwarded", "for=a;proto=https, for=b"}}, kStandard));
  EXPECT_FALSE(secure({{"X-Forwarded-Proto", "https"}}, kStandard));
  EXPECT_FALSE(secure({{"Forwarded", "for=a;proto=https"}}));
}

}  // namespace
}  // namespace postern
