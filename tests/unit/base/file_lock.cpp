#include "base/file_lock.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>

#include "base/folder.h"

using namespace sr3;

namespace {

std::string refusal(const std::string& path) {
  try {
    const FileLock lock(path, "'x' is taken");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a lock is held once, names its holder, and leaves nothing behind") {
  const samples::Folder folder;
  const std::string path = folder / "x.lock";
  {
    std::optional<FileLock> lock(std::in_place, path, "");
    CHECK(refusal(path) == cat("'x' is taken (pid ", ::getpid(), ")"));
    lock.reset();
    CHECK(refusal(path).empty());
  }
  CHECK(folder.entries() == 0);
  CHECK(refusal(folder / "none/x.lock") == cat("cannot write '", folder / "none/x.lock",
                                               "': No such file or directory: make the folder '", folder / "none/",
                                               "' first"));
}

TEST_CASE("the lock of a process that was killed is free, whatever its file contains") {
  const samples::Folder folder;
  const std::string path = folder / "x.lock";
  const pid_t child = ::fork();
  if (child == 0) {
    const FileLock lock(path, "");
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CHECK(read_text(path).starts_with(std::to_string(child) + " "));
  CHECK(refusal(path).empty());
  for (const char* content : {"", "nonsense", "1234", "12345678901234567890 host\n", "-1 host\n"}) {
    CAPTURE(content);
    folder.put("x.lock", content);
    CHECK(refusal(path).empty());
    folder.put("x.lock", content);
    const int fd = ::open(path.c_str(), O_RDWR);
    REQUIRE(::flock(fd, LOCK_EX) == 0);
    CHECK(refusal(path) == "'x' is taken");
    ::close(fd);
  }
  folder.put("x.lock", "4711 elsewhere\n");
  const int fd = ::open(path.c_str(), O_RDWR);
  REQUIRE(::flock(fd, LOCK_EX) == 0);
  CHECK(refusal(path) == "'x' is taken (pid 4711 on elsewhere)");
  ::close(fd);
}
