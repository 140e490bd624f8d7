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

#include "admin/client_file.hpp"
#include "admin/client_output.hpp"
#include "oidc/client_authentication.hpp"
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
  bool is_public = false;
  bool first_party = false;
  bool json = false;
  bool dry_run = false;
  bool remove_others = false;
};
using ArgumentsPtr = std::shared_ptr<Arguments>;

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void print(const boost::json::value& value) { print(boost::json::serialize(value) + "\n"); }

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

void show_with_secret(const Client& client, const std::string& secret, bool json) {
  if (json) {
    auto object = client_as_json(client);
    if (!secret.empty()) object["client_secret"] = secret;
    return print(boost::json::value(object));
  }
  print(client_as_text(client));
  if (!secret.empty()) print("client_secret: " + secret + "\nIt is shown this once.\n");
}

Status add(Store& store, const Arguments& arguments) {
  Client client = arguments.client;
  if (client.id.empty()) client.id = base64url_encode(random_bytes(kIdBytes));
  auto clients = store.clients();
  if (!clients) return clients.error();
  if (find(*clients, client.id)) return failure("there is a client \"" + client.id + "\" already");
  std::string secret;
  client.authentication = ClientAuthentication::kSecret;
  if (!arguments.jwks_file.empty()) {
    client.authentication = ClientAuthentication::kPrivateKeyJwt;
    client.jwks = read_file(arguments.jwks_file);
  } else if (arguments.is_public) {
    client.authentication = ClientAuthentication::kNone;
  } else {
    secret = make_client_secret();
    client.secret_hash = hash_client_secret(secret);
  }
  client.created_at = SystemClock().now();
  if (auto done = put(store, client); !done) return done;
  show_with_secret(client, secret, arguments.json);
  return {};
}

Status list(Store& store, const Arguments& arguments) {
  const auto clients = store.clients();
  if (!clients) return clients.error();
  if (!arguments.json) {
    print(clients_as_text(*clients));
    return {};
  }
  boost::json::array described;
  for (const auto& client : *clients) described.push_back(client_as_json(client));
  print(boost::json::value(described));
  return {};
}

Status show(Store& store, const Arguments& arguments) {
  const auto client = take(store, arguments.client.id);
  if (!client) return client.error();
  show_with_secret(*client, {}, arguments.json);
  return {};
}

/// What is not given stays; a list that is given replaces the present one.
Status update(Store& store, const Arguments& arguments) {
  auto client = take(store, arguments.client.id);
  if (!client) return client.error();
  const Client& given = arguments.client;
  const std::pair<const std::string*, std::string*> texts[] = {
      {&given.name, &client->name},
      {&given.url, &client->url},
      {&given.resource, &client->resource}};
  for (const auto& [from, to] : texts) {
    if (!from->empty()) *to = *from;
  }
  if (!given.redirect_uris.empty()) client->redirect_uris = given.redirect_uris;
  if (!given.post_logout_redirect_uris.empty()) {
    client->post_logout_redirect_uris = given.post_logout_redirect_uris;
  }
  client->third_party = (client->third_party || given.third_party) && !arguments.first_party;
  if (!arguments.jwks_file.empty()) {
    client->jwks = read_file(arguments.jwks_file);
    client->authentication = ClientAuthentication::kPrivateKeyJwt;
    client->secret_hash.clear();
    client->previous_secret_hash.clear();
  }
  if (auto done = put(store, *client); !done) return done;
  show_with_secret(*client, {}, arguments.json);
  return {};
}

Status rotate_secret(Store& store, const Arguments& arguments) {
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
  if (auto done = put(store, *client); !done) return done;
  show_with_secret(*client, secret, arguments.json);
  return {};
}

Status remove(Store& store, const Arguments& arguments) {
  const auto client = take(store, arguments.client.id);
  if (!client) return client.error();
  if (auto done = store.remove_client(client->id); !done) return done;
  print(client->id + " is removed\n");
  return {};
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
      ->option_text("URI");
  command
      ->add_option("--post-logout-redirect-uri", client.post_logout_redirect_uris,
                   "Where the browser returns after a logout; may be given several times")
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
  command->add_flag("--third-party", client.third_party, "Others run it: ask people for consent");
}

/// Makes the subcommands; each shares the arguments and runs in one transaction.
class Commands {
 public:
  Commands(CLI::App& parent, Transact transact, ArgumentsPtr arguments)
      : parent_(parent), transact_(std::move(transact)), arguments_(std::move(arguments)) {}

  using Work = Status (*)(Store& store, const Arguments& arguments);

  CLI::App* add(const char* name, const char* text, Work work, bool has_id) {
    auto* command = parent_.add_subcommand(name, text);
    command->callback([transact = transact_, arguments = arguments_, work] {
      transact([&](Store& store) { return work(store, *arguments); });
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
  adding->add_flag("--public", arguments->is_public,
                   "It cannot keep a secret: a page's script, an app, a command line");
  adding->get_option("--name")->required();
  adding->get_option("--redirect-uri")->required();
  auto* updating =
      commands.add("update", "Change a client; a list replaces the present one", update, true);
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
