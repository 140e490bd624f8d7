#include <thread>

#include "account/session_fixture_test.hpp"
#include "base/login_limits.hpp"

namespace postern {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// Argon2id of kRight at 8 MiB and one pass, and a string that would want 4 GiB.
constexpr const char* kCheapHash =
    "$argon2id$v=19$m=8192,t=1,p=1$WXQa"
    "/7PpCY9Cj3k5DD/LXQ$nbjUs65ShCD+h2zl+l0JiisT7LPJwmdjBve/nOh2SGw";
constexpr const char* kPlantedHash =
    "$argon2id$v=19$m=4194304,t=2,p=1$cG9zdGVybi1ub2JvZHkhIQ$"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

TEST_F(SessionTest, E3_every_refused_login_hashes_exactly_once_and_answers_the_same) {
  put("confirmed@example.com");
  put("unconfirmed@example.com", AccountState::kUnconfirmed, "");
  put("disabled@example.com", AccountState::kDisabled);
  put("planted@example.com", AccountState::kConfirmed, kPlantedHash);
  const struct {
    const char* address;
    std::string password;
  } cases[] = {
      {"confirmed@example.com", "a wrong quiet river 9"},
      {"unknown@example.com", kRight},
      {"unconfirmed@example.com", kRight},
      {"disabled@example.com", kRight},
      {"planted@example.com", kRight},
      {"confirmed@example.com", std::string(limits::kPasswordBytes + 1, 'x')},
      {"unknown@example.com", std::string(limits::kPasswordBytes + 1, 'x')},
      {"confirmed@example.com", "\xFF\xFE not text"},
  };
  for (const auto& c : cases) {
    const auto before = database_.state();
    hashes_ = 0;
    const auto grant = login(c.address, c.password);
    ASSERT_FALSE(grant) << c.address;
    EXPECT_EQ(grant.error().code, "invalid_credentials") << c.address;
    EXPECT_EQ(hashes_, 1) << c.address;
    const auto after = database_.state();
    EXPECT_EQ(after.audit.size(), before.audit.size() + 1) << c.address;
    EXPECT_TRUE(after.sessions.empty());
  }
}

TEST_F(SessionTest, K3_E3_an_unknown_address_costs_as_much_as_a_real_hash) {
  std::vector<std::string> seen;
  services_.verify_password = [&](std::string_view encoded, std::string_view password) {
    seen.emplace_back(encoded);
    EXPECT_LE(password.size(), limits::kPasswordBytes);
    return verify_password(encoded, password);
  };
  EXPECT_EQ(login_code("unknown@example.com", std::string(5000, 'x')), "invalid_credentials");
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_TRUE(is_verifiable(seen[0]));
  EXPECT_FALSE(needs_rehash(seen[0]));
  EXPECT_EQ(seen[0].substr(0, 30), hash_of_right().substr(0, 30));
}

TEST_F(SessionTest, E3_a_refused_login_is_answered_at_a_tick_whatever_its_hash_costs) {
  using std::chrono::milliseconds, std::chrono::steady_clock;
  constexpr milliseconds kTick = limits::kRefusedLoginTick;
  put(kAnna);
  auto now = steady_clock::time_point(std::chrono::hours(1));
  services_.steady_now = [&] { return now; };
  std::optional<steady_clock::time_point> answered_at;
  services_.run_at = [&](steady_clock::time_point time, const std::function<void()>& function) {
    answered_at = time;
    function();
  };
  struct Case {
    const char* address;
    milliseconds cost;
    milliseconds answered_after;
  };
  for (const auto& c :
       {Case{kAnna, milliseconds(1), kTick}, Case{kAnna, kTick - milliseconds(1), kTick},
        Case{"unknown@example.com", milliseconds(10), kTick},
        Case{kAnna, kTick + milliseconds(10), 2 * kTick}}) {
    SCOPED_TRACE(c.cost.count());
    const auto began = now;
    answered_at.reset();
    services_.verify_password = [&](std::string_view, std::string_view) {
      now += c.cost;
      return false;
    };
    EXPECT_EQ(login_code(c.address, kWrong), "invalid_credentials");
    EXPECT_EQ(answered_at, began + c.answered_after);
    clock_.advance(std::chrono::hours(2));
  }
  // The right password is not delayed.
  answered_at.reset();
  services_.verify_password = [](std::string_view, std::string_view) { return true; };
  granted();
  EXPECT_FALSE(answered_at);
}

TEST_F(SessionTest, K4_a_cheaper_hash_is_renewed_at_the_next_login) {
  put(kAnna, AccountState::kConfirmed, kCheapHash);
  ASSERT_TRUE(needs_rehash(kCheapHash));
  EXPECT_EQ(login_code(kAnna, "a wrong quiet river 9"), "invalid_credentials");
  EXPECT_EQ(database_.account_of(kAnna)->password_hash, kCheapHash);
  granted();
  const auto account = *database_.account_of(kAnna);
  EXPECT_FALSE(needs_rehash(account.password_hash));
  EXPECT_EQ(account.credential_version, 1) << "links of emails stay valid";
  granted();
  EXPECT_EQ(database_.account_of(kAnna)->password_hash, account.password_hash);
}

TEST_F(SessionTest, L1_delays_grow_and_a_success_forgets_them) {
  put(kAnna);
  services_.verify_password = [this](std::string_view, std::string_view password) {
    ++hashes_;
    return password == kRight;
  };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(login_code(kAnna, kWrong), "invalid_credentials") << i;
  // One after another: refused until the very second, then one more guess.
  for (const int wait_s : {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900}) {
    hashes_ = 0;
    const auto refused = login(kAnna, kRight);
    ASSERT_FALSE(refused) << wait_s;
    EXPECT_EQ(refused.error().code, "too_many_attempts");
    EXPECT_EQ(refused.error().retry_after, std::chrono::seconds(wait_s));
    clock_.advance(seconds(wait_s) - std::chrono::milliseconds(1));
    EXPECT_EQ(login_code(kAnna, kRight), "too_many_attempts") << wait_s;
    EXPECT_EQ(hashes_, 0) << "a refused attempt is not verified";
    clock_.advance(std::chrono::milliseconds(1));
    EXPECT_EQ(login_code(kAnna, kWrong), "invalid_credentials") << wait_s;
    EXPECT_EQ(hashes_, 1);
  }
  clock_.advance(seconds(900));
  granted();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(login_code(kAnna, kWrong), "invalid_credentials") << i;
}

TEST_F(SessionTest, L1_what_a_quiet_client_may_try_refills) {
  put(kAnna);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(login_code(kAnna, kWrong), "invalid_credentials");
  EXPECT_EQ(login_code(kAnna, kRight), "too_many_attempts");
  clock_.advance(seconds(1) + 2 * minutes(15));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(login_code(kAnna, kWrong), "invalid_credentials") << i;
  EXPECT_EQ(login_code(kAnna, kRight), "too_many_attempts") << "two came back, not five";
}

TEST_F(SessionTest, L1_a_clients_failures_do_not_delay_another_client) {
  put(kAnna);
  for (const char* address : {kAnna, "unknown@example.com"}) {
    for (int i = 0; i < 5; ++i) EXPECT_EQ(login_code(address, kWrong), "invalid_credentials");
    EXPECT_EQ(login_code(address, kRight), "too_many_attempts");
    EXPECT_EQ(login_code(address, kWrong, {"2001:db8::"}), "invalid_credentials") << address;
  }
  EXPECT_EQ(login_code(kAnna, kRight, {"2001:db8::"}), "");
}

TEST_F(SessionTest, L1_a_hundred_failures_from_everywhere_are_the_ceiling_known_or_not) {
  put(kAnna);
  services_.verify_password = [this](std::string_view, std::string_view) {
    ++hashes_;
    return false;
  };
  for (const char* address : {kAnna, "unknown@example.com"}) {
    hashes_ = 0;
    for (int i = 0; i < 150; ++i) {
      (void)login_code(address, kWrong, {"198.51.100." + std::to_string(i)});
      clock_.advance(hours(24));
    }
    EXPECT_EQ(hashes_, 100) << address;
    const auto refused = login(address, kRight);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "too_many_attempts") << "E4: known or not";
    EXPECT_EQ(refused.error().retry_after, std::chrono::seconds(900));
  }
}

TEST_F(SessionTest, L1_one_network_cannot_try_a_password_on_every_account) {
  put(kAnna);
  put("boris@example.com");
  const auto device = granted().device;
  services_.client_failures = KeyedRates({{20, hours(1)}}, limits::kLoginClientKeys);
  services_.verify_password = [this](std::string_view, std::string_view password) {
    ++hashes_;
    return password == kRight;
  };
  // Known and unknown addresses alike; a right password takes its count back.
  for (int i = 0; i < 30; ++i) EXPECT_EQ(login_code("boris@example.com", kRight), "");
  hashes_ = 0;
  for (int i = 0; i < 100; ++i) (void)login_code(std::to_string(i) + "@example.com", kWrong);
  EXPECT_EQ(hashes_, 20);
  const auto refused = login(kAnna, kRight);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "too_many_attempts");
  EXPECT_EQ(refused.error().retry_after, limits::kLoginClientWait);
  EXPECT_EQ(login_code(kAnna, kRight, {"192.0.2.1", device}), "") << "a known device";
  EXPECT_EQ(login_code(kAnna, kRight, {"198.51.100.7"}), "") << "another network";
  clock_.advance(minutes(3));
  EXPECT_EQ(login_code(kAnna, kRight), "");
}

TEST_F(SessionTest, L6_a_burst_of_one_network_is_counted_before_it_is_hashed) {
  put(kAnna);
  services_.client_failures = KeyedRates({{20, hours(1)}}, limits::kLoginClientKeys);
  std::vector<std::future<std::string>> answers;
  for (int i = 0; i < 60; ++i) {
    auto answer = std::make_shared<std::promise<std::string>>();
    answers.push_back(answer->get_future());
    start_login(std::to_string(i) + "@example.com", kWrong, [answer](const auto& result) {
      answer->set_value(result ? "" : result.error().code);
    });
  }
  int looked_at = 0;
  for (auto& answer : answers) looked_at += answer.get() == "invalid_credentials" ? 1 : 0;
  EXPECT_LE(hashes_, 20);
  EXPECT_EQ(looked_at, hashes_);
}

TEST_F(SessionTest, L1_the_owner_gets_in_from_a_known_device_whatever_others_do) {
  put(kAnna);
  const auto device = granted().device;
  ASSERT_FALSE(device.empty());
  spend_ceiling(kAnna);
  EXPECT_EQ(login_code(kAnna, kRight), "too_many_attempts") << "an unknown device";
  EXPECT_EQ(login_code(kAnna, kRight, {"203.0.113.9", device}), "");
  EXPECT_EQ(login_code(kAnna, kRight, {"198.51.100.1", device}), "") << "from another network";
  EXPECT_EQ(login_code(kAnna, kRight, {"203.0.113.9", "x." + device}), "") << "one of a list";
  EXPECT_EQ(login_code(kAnna, kRight, {"203.0.113.9", device + "x"}), "too_many_attempts");
}

TEST_F(SessionTest, L1_no_byte_of_a_device_token_can_be_changed) {
  put(kAnna);
  const auto device = granted().device;
  spend_ceiling(kAnna);
  for (std::size_t i = 0; i < device.size(); i += 3) {
    auto forged = device;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(login_code(kAnna, kRight, {"203.0.113.9", forged}), "too_many_attempts") << i;
  }
  EXPECT_EQ(login_code(kAnna, kRight, {"203.0.113.9", device}), "");
}

TEST_F(SessionTest, S4_a_password_that_changes_while_it_is_checked_logs_in_no_more) {
  put(kAnna);
  services_.verify_password = [this](std::string_view, std::string_view) {
    auto account = *database_.account_of(kAnna);
    account.password_hash = "$argon2id$v=19$m=19456,t=2,p=1$another";
    database_.put(account);
    return true;
  };
  EXPECT_EQ(login_code(kAnna, kRight), "invalid_credentials");
  EXPECT_TRUE(database_.state().sessions.empty());
}

TEST_F(SessionTest, L1_a_known_devices_guesses_are_its_own_and_bounded) {
  put(kAnna);
  const auto device = granted().device;
  const From known{"192.0.2.1", device};
  services_.verify_password = [this](std::string_view, std::string_view password) {
    ++hashes_;
    return password == kRight;
  };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(login_code(kAnna, kWrong, known), "invalid_credentials");
  EXPECT_EQ(login_code(kAnna, kRight, known), "too_many_attempts");
  EXPECT_EQ(login_code(kAnna, kRight), "") << "an unknown one is counted by itself";
  clock_.advance(seconds(1));
  EXPECT_EQ(login_code(kAnna, kRight, known), "");
  hashes_ = 0;
  for (int i = 0; i < 150; ++i) {
    (void)login_code(kAnna, kWrong, known);
    clock_.advance(minutes(15));
  }
  // A hundred of the device; then it is an unknown one, with another hundred at most.
  EXPECT_EQ(hashes_, 150);
  for (int i = 0; i < 150; ++i) {
    (void)login_code(kAnna, kWrong, known);
    clock_.advance(minutes(15));
  }
  EXPECT_EQ(hashes_, 200);
}

TEST_F(SessionTest, L1_a_device_is_known_for_one_account_and_until_the_password_changes) {
  put(kAnna);
  put("eve@example.com");
  const auto eves = granted("eve@example.com").device;
  const auto thiefs = granted().device;
  spend_ceiling(kAnna);
  EXPECT_EQ(login_code(kAnna, kRight, {"203.0.113.9", eves}), "too_many_attempts");
  EXPECT_EQ(login_code(kAnna, kRight, {"203.0.113.9", thiefs}), "");
  from_.network = "203.0.113.7";
  ASSERT_EQ(set(mail_token(MailTokenPurpose::kSetPassword, kAnna)), "");
  const auto owners = device_;
  spend_ceiling(kAnna);
  EXPECT_EQ(login_code(kAnna, kNew, {"203.0.113.9", thiefs}), "too_many_attempts");
  EXPECT_EQ(login_code(kAnna, kNew, {"203.0.113.9", owners}), "");
  clock_.advance(hours(24 * 400));
  EXPECT_EQ(login_code(kAnna, kNew, {"203.0.113.9", owners}), "too_many_attempts")
      << "not for ever";
}

TEST_F(SessionTest, L1_a_device_of_a_deleted_account_is_not_known_for_its_successor) {
  put(kAnna);
  const auto grant = granted();
  ASSERT_EQ(code(wait<Status>([&](auto done) {
              delete_account(services_, bearer(grant), {Secret(std::string(kRight)), {}}, done);
            })),
            "");
  put(kAnna);
  spend_ceiling(kAnna);
  EXPECT_EQ(login_code(kAnna, kRight, {"203.0.113.9", grant.device}), "too_many_attempts");
}

TEST_F(SessionTest, L1_a_browser_with_a_living_session_may_log_in_again) {
  put(kAnna);
  put("eve@example.com");
  const auto browser = *login(kAnna, kRight, SessionKind::kCookie);
  const auto eves = *login("eve@example.com", kRight, SessionKind::kCookie);
  spend_ceiling(kAnna);
  EXPECT_FALSE(login(kAnna, kRight, SessionKind::kCookie, eves.token));
  const auto again = login(kAnna, kRight, SessionKind::kCookie, browser.token);
  ASSERT_TRUE(again);
  EXPECT_FALSE(login(kAnna, kRight, SessionKind::kCookie, browser.token)) << "that one has ended";
}

TEST_F(SessionTest, L1_a_new_password_by_link_ends_the_block) {
  put(kAnna);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(login_code(kAnna, kWrong), "invalid_credentials");
  spend_ceiling(kAnna, 19);
  EXPECT_EQ(login_code(kAnna, kRight), "too_many_attempts");
  ASSERT_EQ(set(mail_token(MailTokenPurpose::kSetPassword, kAnna)), "");
  EXPECT_EQ(login_code(kAnna, kNew), "");
}

TEST_F(SessionTest, E4_others_cannot_count_the_logins_of_an_account) {
  put(kAnna);
  for (const char* address : {kAnna, "unknown@example.com"}) {
    spend_ceiling(address, 10);
    if (address == std::string_view(kAnna)) {
      EXPECT_EQ(login_code(kAnna, kWrong, {"203.0.113.9"}), "invalid_credentials");
      EXPECT_EQ(login_code(kAnna, kRight, {"203.0.113.9"}), "");
    }
    int more = 0;
    services_.verify_password = [](std::string_view, std::string_view) { return false; };
    while (more < 200 && login_code(address, kWrong, {"203.0.113." + std::to_string(more)}) ==
                             "invalid_credentials") {
      ++more;
    }
    EXPECT_EQ(more, 50) << address;
  }
}

TEST_F(SessionTest, L6_parallel_guesses_all_count) {
  put(kAnna);
  for (const char* address : {kAnna, "unknown@example.com"}) {
    hashes_ = 0;
    std::vector<std::promise<std::string>> answers(200);
    for (auto& answer : answers) {
      start_login(address, "a wrong quiet river 9", [&](Result<SessionGrant> grant) {
        answer.set_value(grant ? "" : grant.error().code);
      });
    }
    std::map<std::string, int> codes;
    for (auto& answer : answers) ++codes[answer.get_future().get()];
    EXPECT_EQ(codes["invalid_credentials"], 5) << address;
    EXPECT_EQ(codes["invalid_credentials"] + codes["too_many_attempts"] + codes["overloaded"], 200);
    EXPECT_EQ(hashes_, 5);
  }
}

TEST_F(SessionTest, L5_spellings_of_an_address_are_counted_together) {
  put(kAnna);
  for (int i = 0; i < limits::kLoginFreeFailures; ++i) {
    const char* address = i % 2 == 0 ? "ANNA@example.com" : "anna@EXAMPLE.com";
    EXPECT_EQ(login_code(address, "a wrong quiet river 9"), "invalid_credentials");
  }
  EXPECT_EQ(login_code("Anna@Example.Com", kRight), "too_many_attempts");
  EXPECT_EQ(database_.state().throttles.size(), 2U) << "of the address, and of the client with it";
  for (const auto& [key, throttle] : database_.state().throttles) EXPECT_EQ(key.size(), 43U);
}

TEST_F(SessionTest, L1_guesses_in_a_session_are_its_own_and_bounded) {
  put(kAnna);
  const auto grant = granted();
  const auto other = granted();
  spend_ceiling(kAnna);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(change(bearer(grant), kWrong, kNew), "wrong_password") << "others spent nothing";
  }
  EXPECT_EQ(change(bearer(grant), kRight, kNew), "too_many_attempts");
  EXPECT_EQ(ask_for_email(bearer(grant), "new@example.com"), "too_many_attempts");
  EXPECT_EQ(ask_for_email(bearer(other), "new@example.com"), "");
  services_.verify_password = [this](std::string_view, std::string_view) {
    ++hashes_;
    return false;
  };
  hashes_ = 0;
  for (int i = 0; i < 150; ++i) {
    clock_.advance(minutes(15));
    (void)change(cookie(grant), kWrong, kNew);
    (void)ask_for_email({{}, {}, grant.token}, "new@example.com");
  }
  EXPECT_EQ(hashes_, 95) << "a hundred in all";
}

TEST_F(SessionTest, K2_a_full_pool_refuses_and_costs_no_attempt) {
  put(kAnna);
  std::promise<void> release;
  const auto released = release.get_future().share();
  std::atomic<int> busy = 0;
  for (int thread = 0; thread < 2; ++thread) {
    ASSERT_TRUE(hashing_.submit(from_.network, {[&busy, released] {
                                  ++busy;
                                  released.wait();
                                }}));
  }
  while (busy < 2) std::this_thread::yield();
  std::vector<HashPool::Slot> slots;
  while (auto slot = hashing_.reserve(from_.network)) slots.push_back(std::move(slot));
  EXPECT_EQ(slots.size(), limits::kHashQueue);
  EXPECT_FALSE(hashing_.submit(from_.network, {[] {}}));
  EXPECT_EQ(login_code(kAnna, kRight), "overloaded");
  EXPECT_TRUE(database_.state().throttles.empty());
  release.set_value();
  slots.clear();
  while (!hashing_.reserve(from_.network)) std::this_thread::yield();
  granted();
}

TEST_F(SessionTest, S1_the_database_holds_no_token) {
  put(kAnna);
  std::vector<std::string> tokens;
  const auto look_at_all = [&] {
    const auto state = database_.state();
    std::vector<std::string> stored;
    for (const auto& [id, session] : state.sessions) {
      for (const auto& text : {session.id, session.account_id, session.token_hash, session.methods,
                               session.user_agent, session.ip}) {
        stored.push_back(text);
      }
    }
    for (const auto& entry : state.audit) stored.push_back(entry.outcome + entry.request_id);
    for (const auto& entry : state.outbox) stored.push_back(entry.row.body);
    for (const auto& [id, account] : state.accounts) {
      stored.push_back(account.display_name + account.pending_email + account.locale);
    }
    for (const auto& token : tokens) {
      ASSERT_FALSE(token.empty());
      for (const auto& text : stored) EXPECT_EQ(text.find(token), text.npos) << text;
    }
  };
  const auto grant = granted();
  tokens = {grant.token, grant.access_token, grant.device};
  look_at_all();
  tokens.push_back(refresh_token(grant.token));
  look_at_all();
  const auto state = database_.state();
  ASSERT_EQ(state.sessions.size(), 1U);
  const auto& session = state.sessions.begin()->second;
  EXPECT_EQ(session.token_hash, hash_session_token(tokens.back()));
  EXPECT_EQ(session.methods, "pwd");
  EXPECT_EQ(session.ip, "");
}

TEST_F(SessionTest, S4_a_login_makes_a_new_session_and_ends_the_browsers_old_one) {
  put(kAnna);
  put("eve@example.com");
  const auto first = login(kAnna, kRight, SessionKind::kCookie);
  const auto second = login(kAnna, kRight, SessionKind::kCookie, first->token);
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->token, second->token);
  EXPECT_FALSE(enter(cookie(*first)));
  EXPECT_TRUE(enter(cookie(*second)));
  // A planted cookie is another person's session: nothing happens to it.
  const auto eve = login("eve@example.com", kRight, SessionKind::kCookie);
  ASSERT_TRUE(login(kAnna, kRight, SessionKind::kCookie, eve->token));
  EXPECT_TRUE(enter(cookie(*eve)));
}

TEST_F(SessionTest, S5_L6_an_account_has_a_bounded_number_of_sessions) {
  put(kAnna);
  const auto first = granted();
  services_.verify_password = [](std::string_view, std::string_view) { return true; };
  for (std::size_t i = 0; i < limits::kSessionsPerAccount; ++i) {
    clock_.advance(seconds(1));
    granted();
  }
  EXPECT_EQ(database_.state().sessions.size(), limits::kSessionsPerAccount);
  EXPECT_FALSE(enter(bearer(first)));
}

}  // namespace
}  // namespace postern
