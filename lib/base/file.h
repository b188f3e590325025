// Bytes in and out. Outputs appear whole or not at all: no name or a temporary one, checked close, rename.
#pragma once

#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sr3 {

using Bytes = std::vector<uint8_t>;

// A forward source of bytes: file, pipe, archive member, memory.
class Source {
 public:
  virtual ~Source() = default;
  // Up to n bytes; 0 only at the end. Throws Error when the system fails.
  virtual size_t read(uint8_t* to, size_t n) = 0;
  // For messages: the path, "standard input", "a.tar:b.png".
  virtual const std::string& name() const = 0;
};

// `path` or "-" for standard input. Throws Error "cannot open 'x': No such file or directory".
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

// Output to a file (whole or not at all; a link's target), into a named pipe or device, or, for "-", to standard output.
class OutputFile {
 public:
  explicit OutputFile(const std::string& path);
  ~OutputFile();  // without close(): the file is dropped, as if never begun
  OutputFile(const OutputFile&) = delete;
  void write(const void* bytes, size_t n);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void close();  // flush, check, rename

 private:
  std::string path_, target_, temporary_;
  bool nameless_ = false;  // until close()
  std::FILE* file_ = nullptr;
};

// The whole file; Error beyond max_bytes.
Bytes read_file(const std::string& path, uint64_t max_bytes = uint64_t{1} << 34);
std::string read_text(const std::string& path, uint64_t max_bytes = uint64_t{1} << 28);
void write_file(const std::string& path, std::string_view bytes);

// Directory of a path with its slash ("" when there is none); name without directory; without its last extension.
std::string directory_of(const std::string& path);
std::string base_name(const std::string& path);
std::string stem_of(const std::string& path);
// Lower-case last extension without the dot; "" when there is none.
std::string extension_of(const std::string& path);

// Flush and check standard output; throws Error. Called once, last, by cli::run.
void close_stdout();

}  // namespace sr3
