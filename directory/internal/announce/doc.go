// Package announce makes the resource types of a connection of what its workspace declares and it announces.
//
// It owns: compiling, the generations of attributes, and a memory of what was compiled last. It refuses: to read rows.
// Whoever asks brings those that it has read, so nothing here has an age: a request sees what its credentials see, and
// the types of a connection stay the same pointers as long as nothing changes.
package announce
