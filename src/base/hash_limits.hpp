// The limits of password hashes that were made elsewhere. A hash above one of them is unusable: its
// account is imported without a password.
#pragma once

#include <cstddef>
#include <cstdint>

namespace postern::limits {

inline constexpr std::size_t kImportedHashBytes = 1024;
inline constexpr std::size_t kImportedSaltBytes = 256;
/// The result of a hash, in bytes.
inline constexpr std::size_t kImportedDigestBytesMin = 16;
inline constexpr std::size_t kImportedDigestBytes = 128;
/// The memory of one Argon2 or scrypt; each thread of the hash pool may take it.
inline constexpr std::uint64_t kImportedMemoryKib = 128 * 1024;
/// Argon2: memory times passes, the measure of its time.
inline constexpr std::uint64_t kImportedArgon2KibPasses = 512 * 1024;
inline constexpr std::uint64_t kImportedArgon2Lanes = 16;
/// 2^14 rounds.
inline constexpr std::uint64_t kImportedBcryptCost = 14;
/// N times r times p: 1 GiB of mixing.
inline constexpr std::uint64_t kImportedScryptWork = 8 * 1024 * 1024;
inline constexpr std::uint64_t kImportedPbkdf2Rounds = 2'000'000;
inline constexpr std::uint64_t kImportedShaCryptRounds = 1'000'000;

}  // namespace postern::limits
