// Names of classes, as they are found in folders and lists.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sr3 {

// The names of the folders into which --by-class puts the images of these classes: different ones, whatever the names are. A
// class has its own name as far as a key can contain that, with its number ("a_b-1") if another class would have the same.
std::vector<std::string> class_folder_names(const std::vector<std::string>& classes);

// The class among `names` that a folder denotes: the class of the same name, else the one whose images --by-class puts into this
// folder. If there is no such class, the folder's own name.
std::string class_called(const std::string& folder, const std::vector<std::string>& names);

// The names of a network's classes in the order of its outputs, one a line. A name that repeats gets its number: "crane (517)".
// Error if their number is not `classes`.
std::vector<std::string> read_class_names(const std::string& path, int64_t classes);

// For messages: "2 classes: cats (12), dogs (9)", with the number of images of each; of many classes the first ten.
std::string classes_text(const std::vector<std::string>& names, const std::vector<int64_t>& counts);

// UsageError for fewer than two classes, and for classes that are the parts of a data set (train, test, val).
// `whose` begins the message: "--train"; `instead` ends it: what else can be done.
void require_classes(const std::vector<std::string>& names, const std::string& whose, const std::string& instead);

}  // namespace sr3
