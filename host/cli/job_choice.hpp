// Which job is meant: what jobs, monitor, stop, events and report have in common. One thread.
#pragma once

#include <string>
#include <vector>

#include "host/cli/options.hpp"
#include "host/events/job_record.hpp"

namespace ophost {

// --base-dir (also --work-dir), --json and --help.
void add_job_options(po::options_description& options);
std::string base_folder(const po::variables_map& values);

// The folder of the one job that the words name: a job id below the base folder, or a path to a job's folder. Without a
// word, when `newest` allows it, the running job that started last, else the job that did. Errors suggest the nearest id.
Result<std::string> choose_job(const ParsedOptions& parsed, bool newest);

// "2026-01-02 03:04:05", local time; "" of 0.
std::string local_time(double seconds);

// A table for a terminal: the first `left` columns left-aligned, the others right.
std::string text_table(const std::vector<std::vector<std::string>>& rows, std::size_t left);

// `text` in at most `width` columns, with dots in the place of its middle.
std::string shortened(const std::string& text, std::size_t width);

}  // namespace ophost
