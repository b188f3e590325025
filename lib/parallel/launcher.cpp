#include "parallel/launcher.h"

#include <cstdlib>
#include <vector>

#include "base/error.h"
#include "base/options.h"

namespace sr3 {

namespace {

constexpr int64_t kFirstPort = 20000, kPorts = 10000;  // below those that the system gives to connections

// A value that must be a number from `low` to `high`.
int64_t number_of(const std::string& name, const std::string& value, int64_t low, int64_t high) {
  int64_t number = -1;
  try {
    number = parse_int(value);
  } catch (const UsageError&) {
  }
  if (number < low || number > high)
    throw UsageError(cat("the environment's ", name, " is '", value, "', not a number from ", low, " to ", high));
  return number;
}

constexpr int64_t kMostProcesses = 1 << 16;

// The number in a variable; `otherwise` if it is not set.
int64_t number_or(const Environment& environment, const char* name, int64_t otherwise, int64_t low, int64_t high) {
  const auto value = environment(name);
  return value ? number_of(name, *value, low, high) : otherwise;
}

// What one launcher says.
struct Said {
  std::string launcher, rank_name, size_name;
  int64_t rank, size;
};

// By two variables, which come together.
std::optional<Said> said_by(const Environment& environment, const char* launcher, const char* rank, const char* size) {
  const auto rank_text = environment(rank), size_text = environment(size);
  if (!rank_text && !size_text) return std::nullopt;
  if (!rank_text || !size_text)
    throw UsageError(cat("the environment has ", rank_text ? rank : size, " but not ", rank_text ? size : rank,
                         ": set both for a training by many processes, or neither"));
  const int64_t processes = number_of(size, *size_text, 1, kMostProcesses);
  return Said{launcher, rank, size, number_of(rank, *rank_text, 0, processes - 1), processes};
}

// In a job script itself, which is no step, Slurm gives the numbers of a job whose tasks do not run yet.
std::optional<Said> said_by_slurm(const Environment& environment) {
  if (!environment("SLURM_STEP_ID") || !environment("SLURM_PROCID")) return std::nullopt;
  return said_by(environment, "Slurm", "SLURM_PROCID",
                 environment("SLURM_STEP_NUM_TASKS") ? "SLURM_STEP_NUM_TASKS" : "SLURM_NTASKS");
}

void require_agreement(const std::optional<Said>& a, const std::optional<Said>& b) {
  if (!a || !b || (a->rank == b->rank && a->size == b->size)) return;
  throw UsageError(cat("the environment tells of process ", a->rank, " of ", a->size, " by ", a->rank_name, " and ",
                       a->size_name, ", but of ", b->rank, " of ", b->size, " by ", b->rank_name, " and ", b->size_name,
                       ": unset the two that do not apply"));
}

// Where the processes meet if MASTER_ADDR and MASTER_PORT do not say so.
void meet_by_slurm(const Environment& environment, Launch& launch) {
  if (launch.host.empty())
    for (const char* name : {"SLURM_STEP_NODELIST", "SLURM_JOB_NODELIST", "SLURM_NODELIST"})
      if (const auto nodes = environment(name); nodes && launch.host.empty()) launch.host = first_host(*nodes);
  if (launch.port != 0) return;
  const int64_t job = number_or(environment, "SLURM_JOB_ID", 0, 0, int64_t{1} << 40);
  const int64_t step = number_or(environment, "SLURM_STEP_ID", 0, 0, int64_t{1} << 40);
  launch.port = static_cast<uint16_t>(kFirstPort + (101 * job + step) % kPorts);  // jobs that share a node differ
}

// All on this machine: its own address, and a port from the name that Open MPI gives to this start.
void meet_by_open_mpi(const Environment& environment, Launch& launch) {
  if (number_or(environment, "OMPI_COMM_WORLD_LOCAL_SIZE", 0, 0, kMostProcesses) != launch.size) return;
  if (launch.host.empty()) launch.host = "127.0.0.1";
  std::optional<std::string> name = environment("PMIX_NAMESPACE");
  if (!name) name = environment("OMPI_MCA_ess_base_jobid");
  if (!name || launch.port != 0) return;
  uint32_t hash = 2166136261u;  // FNV-1a
  for (const unsigned char c : *name) hash = (hash ^ c) * 16777619u;
  launch.port = static_cast<uint16_t>(kFirstPort + hash % kPorts);
}

}  // namespace

Launch recognise_launch(const Environment& environment) {
  const bool torchrun = environment("TORCHELASTIC_RUN_ID").has_value();
  const auto given = said_by(environment, torchrun ? "torchrun" : "RANK and WORLD_SIZE", "RANK", "WORLD_SIZE");
  const auto open_mpi = said_by(environment, "Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE");
  const auto pmi = said_by(environment, "PMI", "PMI_RANK", "PMI_SIZE");
  const auto slurm = said_by_slurm(environment);
  // torchrun may be a task of any other launcher, and those of MPI may start their daemons as Slurm's tasks.
  if (!torchrun)
    for (const auto& other : {open_mpi, pmi, slurm}) require_agreement(given, other);
  require_agreement(open_mpi, pmi);
  std::optional<Said> said = given;
  for (const auto& other : {open_mpi, pmi, slurm})
    if (!said) said = other;
  Launch launch;
  if (!said || said->size == 1) return launch;

  launch.launcher = said->launcher;
  launch.rank = said->rank, launch.size = said->size;
  launch.host = environment("MASTER_ADDR").value_or("");
  launch.port = static_cast<uint16_t>(number_or(environment, "MASTER_PORT", 0, 1, 65535));
  launch.launcher_listens = torchrun && environment("TORCHELASTIC_USE_AGENT_STORE") == "True";
  launch.life = number_or(environment, "TORCHELASTIC_RESTART_COUNT", 0, 0, int64_t{1} << 40);
  if (slurm && !torchrun && slurm->size == launch.size) meet_by_slurm(environment, launch);
  if (open_mpi && !torchrun) meet_by_open_mpi(environment, launch);
  if (launch.host.empty() || launch.port == 0)
    throw UsageError(cat("process ", launch.rank, " of ", launch.size, " (", launch.launcher, "): set ",
                         launch.host.empty() ? "MASTER_ADDR to the host of process 0" : "",
                         launch.host.empty() && launch.port == 0 ? " and " : "",
                         launch.port == 0 ? "MASTER_PORT to a free port of it" : "", ", the same for all"));
  return launch;
}

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
}

std::string first_host(const std::string& node_list) {
  const size_t bracket = node_list.find('['), comma = node_list.find(',');
  const auto refuse = [&](const char* why) {
    throw UsageError(cat("the environment's list of nodes, '", node_list, "', ", why, ": set MASTER_ADDR"));
  };
  if (node_list.empty() || comma == 0) refuse("begins with no host");
  if (bracket == std::string::npos || comma < bracket) return node_list.substr(0, comma);
  const size_t close = node_list.find(']', bracket), end = node_list.find_first_of("-,]", bracket + 1);
  if (close == std::string::npos || end == bracket + 1) refuse("has brackets without numbers");
  // Behind the brackets the name may go on, with other brackets too: "rack[1-2]node[3-4]".
  const std::string rest = node_list.substr(close + 1);
  const std::string name = node_list.substr(0, bracket) + node_list.substr(bracket + 1, end - bracket - 1);
  return rest.empty() || rest[0] == ',' ? name : name + first_host(rest);
}

}  // namespace sr3
