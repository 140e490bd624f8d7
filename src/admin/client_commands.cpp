#include "admin/client_commands.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <set>

#include "admin/client_file.hpp"
#include "admin/client_output.hpp"
#include "oidc/client_authentication.hpp"
#include "text/ascii.hpp"
#include "text/units.hpp"

namespace postern {
namespace {

constexpr std::size_t kIdBytes = 9;
constexpr const char* kDefaultKeep = "24h";
/// Which is no duration elsewhere.
constexpr const char* kKeepNone = "0s";

struct Arguments {
  Client client;
  std::string jwks_file;
  std::string keep = kDefaultKeep;
  std::string file;
  std::string type;
  /// The options that were given: an empty value differs from none.
  std::set<std::string> given = {};
  bool is_public = false;
  bool first_party = false;
  bool json = false;
  bool dry_run = false;
  bool remove_others = false;
};
using ArgumentsPtr = std::shared_ptr<Arguments>;

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

Error failure(std::string text) { return {"failed", Retry::kNever, std::move(text)}; }

/// For the operator, the text for the person who made the mistake comes first.
Status plain(const Status& status) {
  if (status) return {};
  return failure(status.error().text.empty() ? status.error().cause : status.error().text);
}

std::string read_file(const std::string& name) {
  std::ifstream file;
  if (name != "-") file.open(name, std::ios::binary);
  if (name != "-" && !file) throw CLI::ValidationError(name, "cannot be read");
  std::istream& in = name == "-" ? std::cin : file;
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::optional<std::string> variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

const Client* find(const std::vector<Client>& clients, const std::string& id) {
  const auto found = std::ranges::find(clients, id, &Client::id);
  return found == clients.end() ? nullptr : &*found;
}

/// The client of that id, for a change.
Result<Client> take(Store& store, const std::string& id) {
  auto clients = store.clients();
  if (!clients) return clients.error();
  const Client* client = find(*clients, id);
  if (!client) return failure("there is no client \"" + id + "\"");
  return *client;
}

Status put(Store& store, Client client) {
  if (auto checked = plain(check_client_fields(client)); !checked) return checked;
  client.updated_at = SystemClock().now();
  return store.put_client(client);
}

/// Begins with no hyphen, so that a command line does not take it for an option.
std::string make_client_id() {
  std::string id;
  do {
    id = base64url_encode(random_bytes(kIdBytes));
  } while (!ascii::is_alnum(id.front()));
  return id;
}

std::string as_line(const boost::json::value& value) {
  return boost::json::serialize(value) + "\n";
}

std::string described(const Client& client, const std::string& secret, bool json) {
  const TimePoint now = SystemClock().now();
  if (json) {
    auto object = client_as_json(client, now);
    if (!secret.empty()) object["client_secret"] = secret;
    return as_line(object);
  }
  std::string text = client_as_text(client, now);
  if (!secret.empty()) text += "client_secret: " + secret + "\nIt is shown this once.\n";
  return text;
}

bool wants_public(const Arguments& arguments) {
  return arguments.is_public || arguments.type == "spa" || arguments.type == "native";
}

/// As the options say: keys, none, or a secret, which is made where there is none. Returns a secret
/// that was made.
Result<std::string> set_authentication(const Arguments& arguments, Client& client) {
  if (wants_public(arguments) && !arguments.jwks_file.empty()) {
    return failure("--jwks: a public client has no keys");
  }
  if (!arguments.jwks_file.empty()) {
    client.authentication = ClientAuthentication::kPrivateKeyJwt;
    client.jwks = read_file(arguments.jwks_file);
  } else if (wants_public(arguments)) {
    client.authentication = ClientAuthentication::kNone;
  } else if (arguments.given.contains("--jwks") ||
             (arguments.type == "web" && client.is_public())) {
    client.authentication = ClientAuthentication::kSecret;
  }
  if (client.authentication != ClientAuthentication::kPrivateKeyJwt) client.jwks.clear();
  if (client.authentication != ClientAuthentication::kSecret) {
    client.secret_hash.clear();
    client.previous_secret_hash.clear();
    client.previous_secret_until = {};
    return std::string();
  }
  if (!client.secret_hash.empty()) return std::string();
  std::string secret = make_client_secret();
  client.secret_hash = hash_client_secret(secret);
  return secret;
}

using Text = Result<std::string>;

Text add(Store& store, const Arguments& arguments) {
  Client client = arguments.client;
  if (client.id.empty()) client.id = make_client_id();
  auto clients = store.clients();
  if (!clients) return clients.error();
  if (find(*clients, client.id)) return failure("there is a client \"" + client.id + "\" already");
  client.authentication = ClientAuthentication::kSecret;
  const auto secret = set_authentication(arguments, client);
  if (!secret) return secret.error();
  client.created_at = SystemClock().now();
  if (auto done = put(store, client); !done) return done.error();
  return described(client, *secret, arguments.json);
}

Text list(Store& store, const Arguments& arguments) {
  const auto clients = store.clients();
  if (!clients) return clients.error();
  if (!arguments.json) return clients_as_text(*clients);
  const TimePoint now = SystemClock().now();
  boost::json::array described;
  for (const auto& client : *clients) described.push_back(client_as_json(client, now));
  return as_line(described);
}

Text show(Store& store, const Arguments& arguments) {
  const auto client = take(store, arguments.client.id);
  if (!client) return client.error();
  return described(*client, {}, arguments.json);
}

/// What is not given stays; a value or list that is given replaces the present one.
Text update(Store& store, const Arguments& arguments) {
  auto client = take(store, arguments.client.id);
  if (!client) return client.error();
  const Client& wanted = arguments.client;
  const auto& given = arguments.given;
  if (given.contains("--name")) client->name = wanted.name;
  if (given.contains("--url")) client->url = wanted.url;
  if (given.contains("--resource")) client->resource = wanted.resource;
  if (given.contains("--redirect-uri")) client->redirect_uris = wanted.redirect_uris;
  if (given.contains("--post-logout-redirect-uri")) {
    client->post_logout_redirect_uris = wanted.post_logout_redirect_uris;
  }
  client->third_party = (client->third_party || wanted.third_party) && !arguments.first_party;
  const auto secret = set_authentication(arguments, *client);
  if (!secret) return secret.error();
  if (auto done = put(store, *client); !done) return done.error();
  return described(*client, *secret, arguments.json);
}

Text rotate_secret(Store& store, const Arguments& arguments) {
  auto client = take(store, arguments.client.id);
  if (!client) return client.error();
  if (client->authentication != ClientAuthentication::kSecret) {
    return failure("the client \"" + client->id + "\" has no secret");
  }
  const auto keep = arguments.keep == kKeepNone ? Result<Duration>(Duration::zero())
                                                : parse_duration(arguments.keep);
  if (!keep) return failure("--keep-old is a duration such as 24h, or 0s");
  const std::string secret = make_client_secret();
  client->previous_secret_hash = std::exchange(client->secret_hash, hash_client_secret(secret));
  client->previous_secret_until = SystemClock().now() + *keep;
  if (auto done = put(store, *client); !done) return done.error();
  return described(*client, secret, arguments.json);
}

Text remove(Store& store, const Arguments& arguments) {
  const auto client = take(store, arguments.client.id);
  if (!client) return client.error();
  if (auto done = store.remove_client(client->id); !done) return done.error();
  return client->id + " is removed\n";
}

/// Secrets that were made are shown after everything is written.
struct Applied {
  std::string report;
  std::string secrets;
};

Status apply_one(Store& store, const Client* before, const Client& wanted, Applied& applied_to) {
  Client client = applied(before, wanted, SystemClock().now());
  if (client.authentication == ClientAuthentication::kSecret && client.secret_hash.empty()) {
    const std::string secret = make_client_secret();
    client.secret_hash = hash_client_secret(secret);
    applied_to.secrets += client.id + " client_secret: " + secret + "\n";
  }
  auto lines = differences(before, client);
  if (before && before->secret_hash != client.secret_hash)
    lines.emplace_back("client_secret: changed");
  if (before && lines.empty()) return {};
  applied_to.report += (before ? "~ " : "+ ") + client.id + "\n";
  for (const auto& line : lines) applied_to.report += "    " + line + "\n";
  return store.put_client(client);
}

Status apply_all(Store& store, const std::vector<Client>& wanted, bool remove_others,
                 Applied& applied_to) {
  const auto clients = store.clients();
  if (!clients) return clients.error();
  for (const auto& client : wanted) {
    auto done = apply_one(store, find(*clients, client.id), client, applied_to);
    if (!done) return done;
  }
  if (!remove_others) return {};
  for (const auto& client : *clients) {
    if (find(wanted, client.id)) continue;
    applied_to.report += "- " + client.id + "\n";
    if (auto done = store.remove_client(client.id); !done) return done;
  }
  return {};
}

/// Not an error, but what undoes the transaction of a dry run.
constexpr const char* kDryRun = "dry_run";

void apply_file(const Transact& transact, const Arguments& arguments) {
  const auto wanted = read_client_file(read_file(arguments.file), variable);
  if (!wanted) throw std::runtime_error(arguments.file + ": " + wanted.error().text);
  Applied done;
  const auto work = [&](Store& store) -> Status {
    done = {};
    auto status = apply_all(store, *wanted, arguments.remove_others, done);
    if (status && arguments.dry_run) return Error{kDryRun, Retry::kNever, kDryRun};
    return status;
  };
  try {
    transact(work);
  } catch (const std::exception& error) {
    if (std::string_view(error.what()) != kDryRun) throw;
  }
  print(done.report.empty() ? "nothing changes\n" : done.report);
  if (!arguments.dry_run) print(done.secrets);
}

void add_fields(CLI::App* command, const ArgumentsPtr& arguments) {
  auto& client = arguments->client;
  command->add_option("--name", client.name, "The product's name, as people see it")
      ->option_text("NAME");
  command
      ->add_option("--redirect-uri", client.redirect_uris,
                   "Where the browser returns with a code; may be given several times")
      ->allow_extra_args(false)
      ->option_text("URI");
  command
      ->add_option("--post-logout-redirect-uri", client.post_logout_redirect_uris,
                   "Where the browser returns after a logout; may be given several times")
      ->allow_extra_args(false)
      ->option_text("URI");
  command->add_option("--url", client.url, "The product's start page")->option_text("URL");
  command
      ->add_option("--resource", client.resource,
                   "The audience of its access tokens, if it is not the client's id")
      ->option_text("URI");
  command
      ->add_option("--jwks", arguments->jwks_file,
                   "A file with its JWK set: it authenticates by private_key_jwt")
      ->option_text("FILE");
  command
      ->add_option("--type", arguments->type,
                   "web: it has a secret; spa and native: it cannot keep one, as --public")
      ->option_text("TYPE")
      ->check(CLI::IsMember({"web", "spa", "native"}));
  command->add_flag("--public", arguments->is_public,
                    "It cannot keep a secret: a page's script, an app, a command line");
  command->add_flag("--third-party", client.third_party, "Others run it: ask people for consent");
}

/// Makes the subcommands; each shares the arguments and runs in one transaction.
class Commands {
 public:
  Commands(CLI::App& parent, Transact transact, ArgumentsPtr arguments)
      : parent_(parent), transact_(std::move(transact)), arguments_(std::move(arguments)) {}

  using Work = Text (*)(Store& store, const Arguments& arguments);

  CLI::App* add(const char* name, const char* text, Work work, bool has_id) {
    auto* command = parent_.add_subcommand(name, text);
    command->callback([transact = transact_, arguments = arguments_, work, command] {
      for (const auto* option : command->get_options()) {
        if (option->count() > 0) arguments->given.insert(option->get_name());
      }
      for (auto* uris :
           {&arguments->client.redirect_uris, &arguments->client.post_logout_redirect_uris}) {
        std::erase(*uris, "");
      }
      std::string output;
      transact([&](Store& store) -> Status {
        auto result = work(store, *arguments);
        if (!result) return result.error();
        output = *std::move(result);
        return {};
      });
      // Only now is a secret in it that of the stored client.
      print(output);
    });
    command->add_flag("--json", arguments_->json, "Print JSON for programs");
    if (has_id) {
      command->add_option("client", arguments_->client.id, "Its client id")
          ->required()
          ->option_text(" ");
    }
    return command;
  }

 private:
  CLI::App& parent_;
  const Transact transact_;
  const ArgumentsPtr arguments_;
};

}  // namespace

void add_client_commands(CLI::App& app, Transact transact) {
  auto* clients = app.add_subcommand("clients", "Manage the products whose people log in here");
  clients->require_subcommand(1);
  clients->footer(
      "Examples:\n  postern clients add --name \"Acme Notes\" --redirect-uri "
      "https://notes.example/callback\n  postern clients rotate-secret notes --keep-old 1h\n"
      "  postern clients apply clients.json --dry-run");
  const auto arguments = std::make_shared<Arguments>();
  Commands commands(*clients, transact, arguments);
  commands.add("list", "List the clients", list, false);
  commands.add("show", "Show a client", show, true);
  auto* adding = commands.add("add", "Add a client; its secret is shown once", add, false);
  add_fields(adding, arguments);
  adding->add_option("--id", arguments->client.id, "Its client id; by default a random one")
      ->option_text("ID");
  adding->get_option("--name")->required();
  adding->get_option("--redirect-uri")->required();
  auto* updating = commands.add(
      "update", "Change a client; a list replaces the present one, an empty value removes it",
      update, true);
  add_fields(updating, arguments);
  updating->add_flag("--first-party", arguments->first_party, "You run it: ask for no consent");
  commands
      .add("rotate-secret",
           "Make a new secret, shown once; the present one stays valid for a while", rotate_secret,
           true)
      ->add_option("--keep-old", arguments->keep, "For how long it does; 24h by default")
      ->option_text("DURATION");
  commands.add("remove", "Remove a client; its tokens end", remove, true);
  auto* applying = clients->add_subcommand(
      "apply", "Bring the clients to what a file says, and print what changes");
  applying->add_option("file", arguments->file, "The file, or - for the standard input")
      ->required()
      ->option_text(" ");
  applying->add_flag("--dry-run", arguments->dry_run,
                     "Print what would change, and change nothing");
  applying->add_flag("--remove-others", arguments->remove_others,
                     "Remove the clients that the file does not name");
  applying->callback([transact, arguments] { apply_file(transact, *arguments); });
}

}  // namespace postern
