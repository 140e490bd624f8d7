// Whole sessions over HTTP, chosen by bytes: people register, recover, follow links, log in,
// refresh, change and delete, in any order and with faults of the store, over all routes and the
// store in memory. A small model (session_model.hpp) says what each response must be and which
// emails must be there, and after every step the store holds what the model believes.
//
// Thread contract: belongs to one thread. Ends the program at the first difference.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fakes/web_app.hpp"
#include "mail/composer.hpp"
#include "session_model.hpp"
#include "worker/message_builder.hpp"

namespace postern::fuzz {

/// The input, byte by byte; zeros behind its end.
class Choices {
 public:
  explicit Choices(std::string_view bytes) : bytes_(bytes) {}
  bool at_end() const { return bytes_.empty(); }
  std::size_t below(std::size_t limit) {
    if (bytes_.empty() || limit == 0) return 0;
    const auto byte = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte % limit;
  }

 private:
  std::string_view bytes_;
};

using JsonMember = std::pair<std::string_view, std::string_view>;
std::string json_of(std::initializer_list<JsonMember> members);

class Play : fakes::WebApp {
 public:
  Play();
  void run(std::string_view bytes);

 private:
  void reset();
  void step(Choices& choices);
  void ask(std::size_t address, bool recovery);
  void open(std::size_t link);
  void set_password(std::size_t link, std::size_t password);
  void confirm_email(std::size_t link, Login* with);
  void log_in(std::size_t address, std::size_t password, bool cookie);
  void refresh(Login& login, std::size_t place);
  void invent(Login& login, std::size_t place);
  void look(Login& login);
  void log_out(Login& login);
  void change_password(Login& login, std::size_t current, std::size_t wanted);
  void change_email(Login& login, std::size_t password, std::size_t address);
  void remove(Login& login, std::size_t password);
  void check_all();

  // What the steps have in common.
  HttpResponse send(const std::string& method, const std::string& path, const std::string& body,
                    std::vector<HttpHeader> headers = {});
  bool failed(const HttpResponse& response);
  bool is_prepared(Link& link);
  HttpHeader credentials(const Login& login) const;
  bool is_signed_in(const Login& login) const;
  bool reauthenticated(Login& login, std::size_t password, const HttpResponse& response);
  bool make_way(std::size_t person, const std::string& email);
  void move(Person& person, const std::string& email);
  void begin(std::size_t person, bool cookie, const HttpResponse& response);
  void expect_mails(std::vector<Sent> expected);
  std::vector<Sent> take_mails();
  void check_store();
  void resync();
  std::size_t person_of(std::string_view email) const;

  enum class Fault { kNone, kConflict, kUnavailable };

  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  Composer composer_{Product{}, ""};
  MessageBuilder builder_{kBaseUrl, std::chrono::minutes(60), signer_, composer_};
  // Steps hold references into them while they grow.
  std::deque<Person> people_;
  std::deque<Link> links_;
  std::deque<Login> logins_;
  std::map<std::string, Guesses, std::less<>> guesses_;
  /// When an email to the address was asked for, and when an account was made for it.
  std::map<std::string, std::vector<TimePoint>, std::less<>> asked_;
  std::map<std::string, std::vector<TimePoint>, std::less<>> created_;
  std::size_t rows_ = 0;
  Fault fault_ = Fault::kNone;
  fakes::StoreStep fault_step_ = fakes::StoreStep::kBegin;
  bool fault_is_set_ = false;
};

}  // namespace postern::fuzz
