package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/usher-scim/usher/directory"
)

type auditVerifyCmd struct {
	workspaceScope
	Checkpoint string `placeholder:"FILE" help:"A checkpoint that was kept elsewhere: the log still has to lead to it."`
}

// Run verifies the chain. What does not fit is exit status 1.
func (c *auditVerifyCmd) Run(a *app) error {
	kept, err := c.kept(a)
	if err != nil {
		return err
	}
	return c.in(a, func(f *folder, w directory.Workspace) error {
		v, err := f.VerifyAudit(a.ctx, w, kept)
		if err != nil {
			return err
		}
		if err := a.print(v, verificationCard(v)); err != nil || v.Fault == nil {
			return err
		}
		return errReported
	})
}

func (c *auditVerifyCmd) kept(a *app) (*directory.AuditCheckpoint, error) {
	text, err := a.readInput(c.Checkpoint)
	if err != nil || text == nil {
		return nil, err
	}
	kept := new(directory.AuditCheckpoint)
	if err := json.Unmarshal(text, kept); err != nil {
		return nil, hint(fmt.Errorf("%s is no checkpoint: %w", c.Checkpoint, err), "usher audit checkpoint --workspace %s > checkpoint.json", c.Workspace)
	}
	return kept, nil
}

func verificationCard(v directory.Verification) *card {
	title, fault, pruned := "The audit log is whole.", "", ""
	if v.Pruned > 0 {
		pruned = fmt.Sprint("up to segment ", v.Pruned)
	}
	if v.Fault != nil {
		title, fault = "The audit log was altered.", v.Fault.String()
	}
	return newCard(title, "fault", fault, "dropped by age", pruned, "segments", strconv.FormatInt(v.Segments, 10), "sealed entries", strconv.FormatInt(v.Entries, 10),
		"erased details", strconv.FormatInt(v.Erased, 10), "not sealed yet", strconv.FormatInt(v.Unsealed, 10), "since", when(v.OldestUnsealed))
}

type auditCheckpointCmd struct{ workspaceScope }

// Run seals what is there and prints the signed head of the chain as JSON, to be kept elsewhere.
func (c *auditCheckpointCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		p, err := f.Checkpoint(a.ctx, w)
		if err != nil {
			return err
		}
		if !a.JSON {
			_, _ = fmt.Fprintf(a.err, "Segment %d, entry %d, %s. Keep this elsewhere.\n", p.No, p.Last, hex.EncodeToString(p.Hash))
		}
		return printJSON(a.out, p)
	})
}
