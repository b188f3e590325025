// Reading and writing files. An output file appears complete or not at all: it is written without a name, or under a
// temporary one, and renamed after a checked close.
#pragma once

#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sr3 {

using Bytes = std::vector<uint8_t>;

// A source of bytes that can be read once, from front to back: a file, a pipe, an archive's member, memory.
class Source {
 public:
  virtual ~Source() = default;
  // Reads up to n bytes and returns their number, which is 0 only at the end. Throws Error when reading fails.
  virtual size_t read(uint8_t* to, size_t n) = 0;
  // For messages: the path, "standard input", "a.tar:b.png".
  virtual const std::string& name() const = 0;
};

// The file `path`, or standard input for "-". The constructor throws Error "cannot open 'x': No such file or directory".
class FileSource : public Source {
 public:
  explicit FileSource(const std::string& path);
  ~FileSource() override;
  FileSource(const FileSource&) = delete;
  size_t read(uint8_t* to, size_t n) override;
  const std::string& name() const override { return name_; }

 private:
  int fd_ = -1;
  std::string name_;
};

// An output: a regular file, which appears complete or not at all (of a symbolic link, the target is replaced); a named
// pipe or a device, which is written directly; or, for "-", standard output. All but the destructor throw Error.
class OutputFile {
 public:
  explicit OutputFile(const std::string& path);
  ~OutputFile();  // without close(): discards what was written, and leaves an existing file as it was
  OutputFile(const OutputFile&) = delete;
  void write(const void* bytes, size_t n);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void close();  // flushes, checks for errors, and renames the file into place

 private:
  std::string path_, target_, temporary_;
  bool nameless_ = false;  // the file has no name before close()
  std::FILE* file_ = nullptr;
};

// Whether results can be written, for programs to find out before the work that makes them. Error says what to do. A file's
// folder must exist, as for cp(1); a folder is made, with those above it.
void check_writable(const std::string& path);  // an OutputFile of this path; leaves nothing behind
// Of the folder alone; 'named' is what the user called the file.
void check_folder_of(const std::string& path, const std::string& named);
void make_folder(const std::string& path);  // a folder, and a file in it
void check_stdout();                        // standard output, which the caller of the program may have closed

// The whole content of a file, or of standard input for "-". DataError when it is longer than max_bytes.
Bytes read_file(const std::string& path, uint64_t max_bytes = uint64_t{1} << 34);
std::string read_text(const std::string& path, uint64_t max_bytes = uint64_t{1} << 28);
// The lines of a text file, without the byte order mark before the first one and the carriage returns at their ends. If the
// file contains zeros, as `find -print0` writes, they separate the lines, and names may contain anything else.
std::vector<std::string> read_lines(const std::string& path, uint64_t max_bytes = uint64_t{1} << 28);
void write_file(const std::string& path, std::string_view bytes);

// What some programs write at the start of UTF-8 text.
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// The path that a symbolic link leads to, through further links, whether or not it exists; of anything else the path itself.
std::string link_target(std::string path);

// Parts of a path. Of "a/b.tar.gz" the directory is "a/" ("" if there is none), the base name "b.tar.gz" and the stem
// "b.tar".
std::string directory_of(const std::string& path);
std::string base_name(const std::string& path);
std::string stem_of(const std::string& path);
// The last extension in lower case, without the dot; "" if there is none.
std::string extension_of(const std::string& path);

// Closes standard output, and throws Error if anything written to it was lost. cli::run calls it, as its last step.
void close_stdout();

}  // namespace sr3
