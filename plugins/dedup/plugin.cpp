// plugin.cpp: what the shared library dedup.so offers.
#include "plugins/dedup/document_deduplicator.hpp"
#include "plugins/dedup/document_line_deduplicator.hpp"
#include "plugins/dedup/document_minhash_deduplicator.hpp"
#include "plugins/dedup/document_simhash_deduplicator.hpp"

OPHOST_PLUGIN("org.ophost.dedup", "1.0.0", ophost::dedup::DocumentDeduplicator,
              ophost::dedup::DocumentLineDeduplicator, ophost::dedup::DocumentMinhashDeduplicator,
              ophost::dedup::DocumentMinhashDeduplicatorWithUid,
              ophost::dedup::DocumentSimhashDeduplicator);
