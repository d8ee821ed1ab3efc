package main

import (
	"fmt"
	"net/http"
	"time"

	"github.com/vmware/govmomi/fault"
	"github.com/vmware/govmomi/property"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// command is one line of standard input; which fields count depends on Do.
type command struct {
	Do       string
	Vm       string
	Host     string
	Name     string
	Type     string
	Network  string
	On       bool
	In, Out  *shaping
	Security *security
	Millis   int
	Method   string
	Count    int
	Status   int
	Version  string
	Vcpus    int32
	Latency  string
	ResMHz   *int64 `json:"reservationMHz"`
	LimMHz   *int64 `json:"limitMHz"`
	LimMbps  *int64 `json:"limitMbps"`
}

// carryOut does what a command says. What it returns is the answer, as JSON.
func (v *vcenter) carryOut(c command) (any, error) {
	switch c.Do {
	case "stats":
		return v.stats()
	case "expire-sessions":
		return v.expireSessions()
	case "delay":
		return v.done(v.delay(c))
	case "refuse":
		return v.done(v.refuse(c))
	case "fault":
		return v.done(v.fault(c))
	case "clear-faults":
		v.service.ClearFaultRules()
		return v.done(nil)
	case "power", "destroy", "rename", "migrate", "snapshot", "remove-snapshot", "nic", "reconfigure", "event":
		machine, err := v.machine(c.Vm)
		if err != nil {
			return nil, err
		}
		return v.done(v.changeMachine(machine, c))
	case "add-vm":
		return v.done(v.addMachine(c))
	case "shape":
		return v.done(v.shape(c))
	case "nioc":
		return v.done(v.controlTraffic(c))
	case "standard-portgroup":
		return v.done(v.addStandardPortgroup(c))
	}
	return nil, fmt.Errorf("no command is called %q", c.Do)
}

func (v *vcenter) done(err error) (any, error) {
	return map[string]any{}, err
}

// sessions lists those of clients: users that logged in.
func (v *vcenter) sessions() ([]types.UserSession, error) {
	var manager mo.SessionManager
	err := property.DefaultCollector(v.client).RetrieveOne(v, *v.client.ServiceContent.SessionManager, []string{"sessionList"}, &manager)
	return manager.SessionList, err
}

func (v *vcenter) stats() (any, error) {
	sessions, err := v.sessions()
	if err != nil {
		return nil, err
	}
	v.calls.mutex.Lock()
	defer v.calls.mutex.Unlock()
	counted := map[string]int{}
	for method, count := range v.calls.counted {
		counted[method] = count
	}
	return map[string]any{"calls": counted, "sessions": len(sessions)}, nil
}

func (v *vcenter) expireSessions() (any, error) {
	sessions, err := v.sessions()
	if err != nil {
		return nil, err
	}
	for _, session := range sessions {
		_, err = methods.TerminateSession(v, v.client, &types.TerminateSession{This: *v.client.ServiceContent.SessionManager, SessionId: []string{session.Key}})
		// Who logs out in this moment is gone as well.
		if err != nil && !fault.Is(err, &types.NotFound{}) {
			return nil, err
		}
	}
	return map[string]any{"expired": len(sessions)}, nil
}

// delay makes a method, or all, take so much longer.
func (v *vcenter) delay(c command) error {
	method := c.Method
	if method == "" {
		method = "*"
	}
	v.calls.mutex.Lock()
	defer v.calls.mutex.Unlock()
	v.calls.delays[method] = time.Duration(c.Millis) * time.Millisecond
	return nil
}

// refuse answers the next requests with an HTTP status.
func (v *vcenter) refuse(c command) error {
	v.calls.mutex.Lock()
	defer v.calls.mutex.Unlock()
	v.calls.refused, v.calls.status = c.Count, c.Status
	if c.Status == 0 {
		v.calls.status = http.StatusServiceUnavailable
	}
	return nil
}

// fault answers the next calls of a method with a fault, such as NoPermission; without a count, all of them.
func (v *vcenter) fault(c command) error {
	made, err := named(c.Type)
	if err != nil {
		return err
	}
	fault, ok := made.(types.BaseMethodFault)
	if !ok {
		return fmt.Errorf("%s is no fault", c.Type)
	}
	if denied, ok := made.(*types.NoPermission); ok {
		denied.PrivilegeId = "System.Read"
	}
	v.service.AddFaultRule(&simulator.FaultInjectionRule{
		MethodName: c.Method, ObjectType: "*", ObjectName: "*", Probability: 1, Enabled: true,
		FaultType: simulator.FaultTypeCustom, Fault: fault, Message: c.Type, MaxCount: c.Count,
	})
	return nil
}
