// Everything that a person who is logged in may do begins here: whose session is it, is it active?
//
//   token ─► signature ─► [ account and its sessions · still active? · what the operation wants ]
//
// The look and the change are one transaction, so that a session that ends takes effect at once,
// whatever the access token's exp says.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "account/session_services.hpp"

namespace postern {

struct SignedIn {
  Account account;
  Session session;
  /// All of the account, ended ones included.
  std::vector<Session> sessions;
};

/// The credentials of a request; one of the tokens is set, the others are empty.
struct Credentials {
  std::string access_token;
  std::string cookie;
  /// For logging out alone. Any token of the session's chain will do: the one that followed may
  /// have been lost with its response.
  std::string refresh_token;
  /// Gets the person whom they are of, also when the operation then fails; may be empty.
  std::function<void(const SignedIn&)> found = {};
};

/// Pure; sees what the transaction sees.
using DecideSignedIn = std::function<Result<Changes>(const SignedIn&)>;

/// An empty `decide` only looks. `done` gets what was there before the change. Error: unauthorized.
void signed_in(SessionServices& services, const Credentials& credentials, DecideSignedIn decide,
               std::function<void(Result<SignedIn>)> done);

}  // namespace postern
