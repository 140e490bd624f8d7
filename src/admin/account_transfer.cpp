#include "admin/account_transfer.hpp"

#include <istream>
#include <ostream>
#include <utility>
#include <vector>

#include "account/import_accounts.hpp"
#include "account/read_accounts.hpp"
#include "admin/account_lines.hpp"
#include "base/import_limits.hpp"
#include "base/limits.hpp"

namespace postern {
namespace {

constexpr const char* kRequestId = "postern accounts import";

/// Lines that are read and wait to be written together.
class Import {
 public:
  Import(AccountServices& services, const ImportFile& file) : services_(services), file_(file) {}

  Status add(std::size_t number, std::string_view line) {
    auto read = parse_line(line, {services_.clock.now(), file_.firebase});
    if (!read) {
      refuse(number, read.error().cause);
      return {};
    }
    accounts_.push_back(std::move(read->wanted));
    lines_.push_back({number, read->has_unusable_hash});
    return accounts_.size() < limits::kAccountsAtOnce ? Status{} : flush();
  }

  Status flush() {
    if (accounts_.empty()) return {};
    const auto outcomes =
        postern::import_accounts({services_.writer, services_.clock, kRequestId}, accounts_);
    if (!outcomes) return outcomes.error();
    for (std::size_t i = 0; i < outcomes->size(); ++i) {
      settle(lines_[i], (*outcomes)[i]);
    }
    accounts_.clear();
    lines_.clear();
    return {};
  }

  void tell_progress(std::size_t lines) const {
    file_.report << lines << " lines read: added " << report_.added << ", already there "
                 << report_.known << ", bad lines " << report_.bad << std::endl;
  }

  const ImportReport& report() const { return report_; }

 private:
  struct Line {
    std::size_t number;
    bool has_unusable_hash;
  };

  void settle(const Line& line, Imported outcome) {
    switch (outcome) {
      case Imported::kAdded:
        ++report_.added;
        if (!line.has_unusable_hash) break;
        ++report_.unusable_hashes;
        tell(line.number, "password_hash is of no use here, imported without a password");
        break;
      case Imported::kKnown:
        ++report_.known;
        break;
      case Imported::kIdTaken:
        refuse(line.number, "another address has an account of this id");
        break;
      case Imported::kExternalIdTaken:
        refuse(line.number, "another address has an account of this external id");
        break;
    }
  }

  void refuse(std::size_t number, std::string_view why) {
    ++report_.bad;
    tell(number, why);
  }

  void tell(std::size_t number, std::string_view what) const {
    file_.report << "line " << number << ": " << what << "\n";
  }

  AccountServices& services_;
  const ImportFile& file_;
  std::vector<AccountToImport> accounts_;
  std::vector<Line> lines_;
  ImportReport report_;
};

}  // namespace

Status export_accounts(Writer& writer, std::ostream& out) {
  AccountPage page;
  page.limit = limits::kAccountsAtOnce;
  for (;;) {
    const auto accounts = list_accounts(writer, page);
    if (!accounts) return accounts.error();
    const auto external_ids = external_ids_of(writer, *accounts);
    if (!external_ids) return external_ids.error();
    for (const auto& account : *accounts) {
      const auto external_id = external_ids->find(account.id);
      out << to_line(account, external_id == external_ids->end() ? "" : external_id->second);
    }
    if (accounts->size() < page.limit || !out) break;
    page.after = accounts->back().id;
  }
  out.flush();
  if (!out) return Error{"no_output", Retry::kLater, "the output takes no more"};
  return {};
}

Result<ImportReport> import_accounts(AccountServices& services, const ImportFile& file) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  Import import(services, file);
  std::string line;
  for (std::size_t number = 1; std::getline(file.in, line); ++number) {
    std::string_view text = line;
    if (number == 1 && text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (!text.empty()) {
      if (auto added = import.add(number, text); !added) return added.error();
    }
    if (number % limits::kImportProgressLines == 0) import.tell_progress(number);
  }
  if (file.in.bad()) return Error{"no_input", Retry::kLater, "the file cannot be read"};
  if (auto flushed = import.flush(); !flushed) return flushed.error();
  return import.report();
}

}  // namespace postern
