// The table at the end of a run.
#include <algorithm>
#include <cstdio>

#include "host/base/text.hpp"
#include "host/run/job.hpp"

namespace ophost {
namespace {

// Columns right-aligned but for the first; widths in bytes, which is what the ASCII cells have.
std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> width;
  for (const auto& row : rows)
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (width.size() <= c) width.push_back(0);
      width[c] = std::max(width[c], row[c].size());
    }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      std::string pad(width[c] - row[c].size(), ' ');
      line += c == 0 ? row[c] + pad : "  " + pad + row[c];
    }
    while (line.ends_with(' ')) line.pop_back();
    out += line + "\n";
  }
  return out;
}

}  // namespace

std::string summary_table(const JobResult& r) {
  std::vector<std::vector<std::string>> rows;
  std::uint64_t dropped = 0, duplicates = 0, edited = 0, grouped = 0, added = 0, aside = r.reader_quarantined;
  for (const OpSummary& o : r.ops) {
    grouped += o.stats.grouped;
    added += o.stats.added;
  }
  // Two columns that most recipes have no use for.
  auto with_extra = [&](std::vector<std::string> row, const std::string& g, const std::string& a) {
    if (grouped) row.insert(row.begin() + 5, g);
    if (added) row.insert(row.begin() + 3, a);
    return row;
  };
  rows.push_back(with_extra({"operator", "in", "out", "dropped", "dups", "edited", "quar.", "time", "MB/s", "work"}, "grouped", "added"));
  rows.push_back(with_extra({"(read)", human_count(r.input_records), human_count(r.input_records - r.reader_quarantined), "0", "0",
                             "0", human_count(r.reader_quarantined), "", "", ""}, "0", "0"));
  for (const OpSummary& o : r.ops) {
    const OpStats& s = o.stats;
    double seconds = static_cast<double>(s.busy_ns) / 1e9;
    char rate[32] = "";
    if (s.busy_ns > 0) std::snprintf(rate, sizeof rate, "%.0f", static_cast<double>(s.bytes) / 1e6 / seconds);
    std::string work = o.run == 0 ? "reused" : o.reused == 0 ? "run" : "run " + std::to_string(o.run) + "/" + std::to_string(o.run + o.reused);
    rows.push_back(with_extra({o.name, human_count(s.in), human_count(s.out), human_count(s.dropped + s.discarded),
                    human_count(s.duplicates), human_count(s.edited), human_count(s.quarantined), human_seconds(seconds), rate, work},
                              human_count(s.grouped), human_count(s.added)));
    dropped += s.dropped + s.discarded;
    duplicates += s.duplicates;
    edited += s.edited;
    aside += s.quarantined;
  }
  rows.push_back(with_extra({"total", human_count(r.input_records), human_count(r.output_records), human_count(dropped),
                  human_count(duplicates), human_count(edited), human_count(aside), human_seconds(r.seconds), "", ""},
                            human_count(grouped), human_count(added)));
  std::string out = table(rows);
  out += "\n" + human_count(r.input_records) + " in" + (added ? " + " + human_count(added) + " added" : "") + " = " + human_count(r.output_records) + " out + " + human_count(dropped) +
         " dropped + " + human_count(duplicates) + " duplicates + " + (grouped ? human_count(grouped) + " grouped + " : "") + human_count(aside) + " in quarantine" +
         (r.conserved() ? "" : "   DOES NOT ADD UP") + "\n";
  std::size_t run = 0, reused = 0;
  for (const OpSummary& o : r.ops) {
    run += o.run;
    reused += o.reused;
  }
  if (r.up_to_date)
    out += "Everything reused: the export was there already and is what this recipe gives.\n";
  else if (run == 0)
    out += "Everything reused: no operator ran; the export was written from checkpoints.\n";
  else if (reused > 0)
    out += "Reused " + human_count(reused) + " of " + human_count(run + reused) + " (operator × partition); the rest ran.\n";
  for (const ExportedFile& f : r.files)
    out += "Exported " + f.path + "  " + human_bytes(f.bytes) + ", " + human_count(f.records) + " records\n";
  if (!r.quarantine_file.empty())
    out += "Quarantine " + r.quarantine_file + "  " + human_count(r.quarantined) + " records\n";
  char taps[96];
  std::snprintf(taps, sizeof taps, "%.2f s of work (all workers)", r.tap_seconds);
  out += "Store " + human_count(r.store_blobs) + " checkpoints, " + human_bytes(r.store_bytes) + "; checkpointing took " + taps + "\n";
  out += "Job " + r.job_id + " in " + r.job_folder + ": " + human_bytes(r.input_bytes) + " in " + human_seconds(r.seconds) + " with " +
         std::to_string(r.workers) + (r.workers == 1 ? " worker, " : " workers, ") + std::to_string(r.partitions) +
         (r.partitions == 1 ? " partition\n" : " partitions\n");
  return out;
}

}  // namespace ophost
