#include "parallel/launcher.h"

#include <doctest/doctest.h>

#include <map>

#include "base/error.h"

using namespace sr3;

namespace {

using Variables = std::map<std::string, std::string>;

Launch recognise(const Variables& variables) {
  return recognise_launch([&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
  });
}

Variables with(Variables variables, const Variables& more) {
  for (const auto& [name, value] : more) variables[name] = value;
  return variables;
}

std::string refusal(const Variables& variables) {
  try {
    recognise(variables);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

const Variables kByHand = {{"RANK", "1"}, {"WORLD_SIZE", "4"}, {"MASTER_ADDR", "node1"}, {"MASTER_PORT", "29500"}};
const Variables kSlurm = {{"SLURM_PROCID", "3"},
                          {"SLURM_NTASKS", "8"},
                          {"SLURM_STEP_ID", "0"},
                          {"SLURM_JOB_ID", "12345"},
                          {"SLURM_STEP_NODELIST", "gpu[07-09],login"}};
const Variables kOpenMpi = {{"OMPI_COMM_WORLD_RANK", "1"},
                            {"OMPI_COMM_WORLD_SIZE", "2"},
                            {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"},
                            {"PMIX_NAMESPACE", "4711"}};

}  // namespace

TEST_CASE("without a launcher, and with one process, nothing is to be met") {
  const std::vector<Variables> alone = {
      {},
      {{"RANK", "0"}, {"WORLD_SIZE", "1"}},
      {{"MASTER_ADDR", "x"}, {"MASTER_PORT", "1"}},
      // The script of a Slurm job is one process, whatever its job has tasks.
      {{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}, {"SLURM_JOB_ID", "1"}, {"SLURM_JOB_NODELIST", "a"}},
      {{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "1"}, {"SLURM_STEP_ID", "0"}},
      {{"OMPI_COMM_WORLD_RANK", "0"}, {"OMPI_COMM_WORLD_SIZE", "1"}},
  };
  for (const Variables& variables : alone) {
    const Launch launch = recognise(variables);
    CHECK(launch.size == 1);
    CHECK(launch.rank == 0);
    CHECK(launch.port == 0);
    CHECK(launch.launcher.empty());
  }
}

TEST_CASE("each launcher's process, and where it meets the others") {
  struct Case {
    Variables variables;
    std::string launcher;
    int64_t rank, size;
    std::string host;
    int port;
    bool launcher_listens = false;
    int64_t life = 0;
  };
  const Variables elastic = with(kByHand, {{"TORCHELASTIC_RUN_ID", "none"}, {"TORCHELASTIC_RESTART_COUNT", "2"}});
  const std::vector<Case> cases = {
      {kByHand, "RANK and WORLD_SIZE", 1, 4, "node1", 29500},
      {elastic, "torchrun", 1, 4, "node1", 29500, false, 2},
      {with(elastic, {{"TORCHELASTIC_USE_AGENT_STORE", "True"}}), "torchrun", 1, 4, "node1", 29500, true, 2},
      {with(elastic, {{"TORCHELASTIC_USE_AGENT_STORE", "False"}}), "torchrun", 1, 4, "node1", 29500, false, 2},
      // One torchrun on each node, started by srun.
      {with(elastic, {{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "2"}, {"SLURM_STEP_ID", "0"}}), "torchrun", 1, 4, "node1",
       29500, false, 2},
      {kSlurm, "Slurm", 3, 8, "gpu07", 20000 + 101 * 12345 % 10000},
      {with(kSlurm, {{"SLURM_STEP_ID", "5"}}), "Slurm", 3, 8, "gpu07", 20000 + (101 * 12345 + 5) % 10000},
      {with(kSlurm, {{"MASTER_ADDR", "other"}, {"MASTER_PORT", "7"}}), "Slurm", 3, 8, "other", 7},
      // srun --mpi=pmi2, and a script that sets what it was told.
      {with(kSlurm, {{"PMI_RANK", "3"}, {"PMI_SIZE", "8"}}), "PMI", 3, 8, "gpu07", 20000 + 101 * 12345 % 10000},
      {with(kSlurm, {{"RANK", "3"}, {"WORLD_SIZE", "8"}}), "RANK and WORLD_SIZE", 3, 8, "gpu07",
       20000 + 101 * 12345 % 10000},
      {with(kOpenMpi, {{"MASTER_PORT", "4"}}), "Open MPI", 1, 2, "127.0.0.1", 4},
      {with(kOpenMpi, {{"MASTER_ADDR", "x"}, {"MASTER_PORT", "4"}}), "Open MPI", 1, 2, "x", 4},
      // mpirun's daemons are Slurm's tasks, one on each node.
      {with(kOpenMpi, {{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "1"}, {"SLURM_STEP_ID", "0"}, {"MASTER_PORT", "4"}}),
       "Open MPI", 1, 2, "127.0.0.1", 4},
      {{{"PMI_RANK", "0"}, {"PMI_SIZE", "2"}, {"MASTER_ADDR", "x"}, {"MASTER_PORT", "65535"}}, "PMI", 0, 2, "x", 65535},
  };
  for (const Case& each : cases) {
    const Launch launch = recognise(each.variables);
    CAPTURE(each.launcher);
    CHECK(launch.launcher == each.launcher);
    CHECK(launch.rank == each.rank);
    CHECK(launch.size == each.size);
    CHECK(launch.host == each.host);
    CHECK(launch.port == each.port);
    CHECK(launch.launcher_listens == each.launcher_listens);
    CHECK(launch.life == each.life);
  }
}

TEST_CASE("two starts of mpirun on one machine have different ports, and all processes of one the same") {
  const Launch one = recognise(kOpenMpi);
  CHECK(one.host == "127.0.0.1");
  CHECK(one.port >= 20000);
  CHECK(one.port < 30000);
  CHECK(recognise(with(kOpenMpi, {{"OMPI_COMM_WORLD_RANK", "0"}})).port == one.port);
  CHECK(recognise(with(kOpenMpi, {{"PMIX_NAMESPACE", "4712"}})).port != one.port);
}

TEST_CASE("what is missing or contradicts is refused, with what to set") {
  const auto without = [](Variables variables, const char* name) {
    variables.erase(name);
    return variables;
  };
  struct Case {
    Variables variables;
    std::string says;
  };
  const std::vector<Case> cases = {
      {without(kByHand, "WORLD_SIZE"), "has RANK but not WORLD_SIZE: set both"},
      {without(kByHand, "RANK"), "has WORLD_SIZE but not RANK"},
      {without(kByHand, "MASTER_ADDR"), "set MASTER_ADDR to the host of process 0, the same for all"},
      {without(kByHand, "MASTER_PORT"), "process 1 of 4 (RANK and WORLD_SIZE): set MASTER_PORT to a free port"},
      {with(kByHand, {{"RANK", "4"}}), "RANK is '4', not a number from 0 to 3"},
      {with(kByHand, {{"RANK", "-1"}}), "RANK is '-1'"},
      {with(kByHand, {{"RANK", ""}}), "RANK is ''"},
      {with(kByHand, {{"WORLD_SIZE", "0"}}), "WORLD_SIZE is '0'"},
      {with(kByHand, {{"WORLD_SIZE", "two"}}), "WORLD_SIZE is 'two'"},
      {with(kByHand, {{"MASTER_PORT", "65536"}}), "MASTER_PORT is '65536', not a number from 1 to 65535"},
      {with(kByHand, kSlurm), "process 1 of 4 by RANK and WORLD_SIZE, but of 3 of 8 by SLURM_PROCID"},
      {with(kByHand, kOpenMpi), "process 1 of 4 by RANK and WORLD_SIZE, but of 1 of 2 by OMPI_COMM_WORLD_RANK"},
      {with(kOpenMpi, {{"PMI_RANK", "0"}, {"PMI_SIZE", "2"}}), "unset the two that do not apply"},
      {without(kSlurm, "SLURM_NTASKS"), "has SLURM_PROCID but not SLURM_NTASKS"},
      {without(kSlurm, "SLURM_STEP_NODELIST"), "set MASTER_ADDR"},
      // On several machines mpirun says neither.
      {with(kOpenMpi, {{"OMPI_COMM_WORLD_LOCAL_SIZE", "1"}}),
       "set MASTER_ADDR to the host of process 0 and MASTER_PORT"},
  };
  for (const Case& each : cases) {
    CAPTURE(each.says);
    const std::string said = refusal(each.variables);
    CAPTURE(said);
    CHECK(said.find(each.says) != std::string::npos);
  }
}

TEST_CASE("the first host of a Slurm node list") {
  const std::map<std::string, std::string> hosts = {
      {"node", "node"},
      {"a,b", "a"},
      {"node[3-5]", "node3"},
      {"node[03,07-9],x", "node03"},
      {"n1,node[3-5]", "n1"},
      {"r[1-2]n4", "r1n4"},
      {"r[1-2]n[30-31],q", "r1n30"},
      {"r[2,4][7-9]", "r27"},
      {"a.example.org", "a.example.org"},
  };
  for (const auto& [list, host] : hosts) CHECK(first_host(list) == host);
  for (const char* list : {"", ",a", "node[", "node[]", "node[1-2", "node[-2]"})
    CHECK_THROWS_AS(first_host(list), UsageError);
}
