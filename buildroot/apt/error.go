package apt

import "fmt"

// An ArchiveError says why an archive cannot be used. Its message is one sentence
// with the archive, the URL and what to do.
type ArchiveError struct {
	Archive string // its name
	URL     string // of the file that is wrong, or of the archive
	Err     error
}

func (e *ArchiveError) Error() string {
	return fmt.Sprintf("archive %s: %s: %v", e.Archive, e.URL, e.Err)
}

func (e *ArchiveError) Unwrap() error { return e.Err }
