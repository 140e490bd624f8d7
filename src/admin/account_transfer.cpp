#include "admin/account_transfer.hpp"

#include <istream>
#include <ostream>
#include <utility>
#include <vector>

#include "account/import_accounts.hpp"
#include "account/read_accounts.hpp"
#include "admin/account_lines.hpp"
#include "base/limits.hpp"

namespace postern::admin {
namespace {

constexpr const char* kRequestId = "postern accounts import";

/// Lines that are read and wait to be written together.
class Import {
 public:
  Import(AccountServices& services, std::ostream& complaints)
      : services_(services), complaints_(complaints) {}

  Status add(std::size_t number, std::string_view line) {
    auto account = parse_line(line, services_.clock.now());
    if (!account) {
      complain(number, account.error().detail);
      return {};
    }
    accounts_.push_back(*std::move(account));
    numbers_.push_back(number);
    return accounts_.size() < limits::kAccountsAtOnce ? Status{} : flush();
  }

  Status flush() {
    if (accounts_.empty()) return {};
    const auto outcomes =
        postern::import_accounts({services_.writer, services_.clock, kRequestId}, accounts_);
    if (!outcomes) return outcomes.error();
    for (std::size_t i = 0; i < outcomes->size(); ++i) {
      switch ((*outcomes)[i]) {
        case Imported::kAdded:
          ++report_.added;
          break;
        case Imported::kKnown:
          ++report_.known;
          break;
        case Imported::kIdTaken:
          complain(numbers_[i], "another address has an account of this id");
          break;
      }
    }
    accounts_.clear();
    numbers_.clear();
    return {};
  }

  const ImportReport& report() const { return report_; }

 private:
  void complain(std::size_t number, std::string_view what) {
    ++report_.bad;
    complaints_ << "line " << number << ": " << what << "\n";
  }

  AccountServices& services_;
  std::ostream& complaints_;
  std::vector<Account> accounts_;
  std::vector<std::size_t> numbers_;
  ImportReport report_;
};

}  // namespace

Status export_accounts(Writer& writer, std::ostream& out) {
  AccountPage page;
  page.limit = limits::kAccountsAtOnce;
  for (;;) {
    const auto accounts = list_accounts(writer, page);
    if (!accounts) return accounts.error();
    for (const auto& account : *accounts) out << to_line(account);
    if (accounts->size() < page.limit || !out) break;
    page.after = accounts->back().id;
  }
  out.flush();
  if (!out) return Error{"no_output", Retry::kLater, "the output takes no more"};
  return {};
}

Result<ImportReport> import_accounts(AccountServices& services, std::istream& in,
                                     std::ostream& complaints) {
  Import import(services, complaints);
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) continue;
    if (auto added = import.add(number, line); !added) return added.error();
  }
  if (in.bad()) return Error{"no_input", Retry::kLater, "the file cannot be read"};
  if (auto flushed = import.flush(); !flushed) return flushed.error();
  return import.report();
}

}  // namespace postern::admin
