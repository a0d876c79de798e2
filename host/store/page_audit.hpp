// Walks the page structure of an LMDB 0.9 data file without LMDB. LMDB trusts its pages: a flipped
// bit in one makes it crash or, in its free list, write over live data. A store is audited when it
// is opened, before LMDB follows a pointer. Reads with pread() alone, so that a file cut short is
// an error and not a SIGBUS. Any thread.
#pragma once

#include <cstdint>
#include <string>

#include "host/base/status.hpp"

namespace ophost {

// Both meta pages, as far as mdb_env_open() relies on them. An empty file is fine: LMDB makes a new
// one.
Status audit_header(int fd, const std::string& path);

// The trees of all databases and the free list as transaction `txn_id` sees them. The caller holds
// a read transaction of that id, so that no page of it is written over meanwhile. False when both
// meta pages have moved on already: begin a new transaction and try again. The values of keys are
// not read (their extents are checked).
Result<bool> audit_pages(int fd, const std::string& path, std::uint64_t txn_id);

// Whether LMDB keeps a value of that size in overflow pages of its own (and not in the leaf, beside
// its key).
bool lies_in_overflow(std::size_t key_size, std::size_t size, std::size_t page_size);

// Whether the page before such a value's first byte is marked as LMDB would: it frees as many pages
// as stand there.
bool overflow_header_holds(const char* value, std::size_t size, std::size_t page_size);

}  // namespace ophost
