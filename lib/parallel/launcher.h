// Who started this process, and which of how many it is: what a launcher says in the environment. torchrun, and anybody by hand,
// set RANK and WORLD_SIZE; Open MPI, MPICH and Slurm have variables of their own.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace sr3 {

struct Launch {
  std::string launcher;        // for messages: "Slurm", "RANK and WORLD_SIZE"; empty: none
  int64_t rank = 0, size = 1;  // process rank of size, from 0
  // Where the processes meet: process 0 listens there, or the launcher itself does, as torchrun's agent.
  std::string host;
  uint16_t port = 0;
  bool launcher_listens = false;
  int64_t life = 0;  // how often the launcher has restarted the processes
};

// The value of an environment variable; nothing if it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// The processes that `environment` tells of; without a launcher, and with one process, a Launch of size 1. UsageError, saying what
// to set, when something is missing, is not a number, or two launchers disagree.
Launch recognise_launch(const Environment& environment);
Environment process_environment();  // this process's own

// The first host of a Slurm node list: "node03" of "node[03-05,9],login1". UsageError if it is not one.
std::string first_host(const std::string& node_list);

}  // namespace sr3
