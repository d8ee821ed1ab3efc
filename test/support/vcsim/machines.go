package main

import (
	"fmt"
	"strings"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// changeMachine does what an administrator does to a machine.
func (v *vcenter) changeMachine(machine *object.VirtualMachine, c command) error {
	switch c.Do {
	case "power":
		if c.On {
			return v.wait(machine.PowerOn(v))
		}
		return v.wait(machine.PowerOff(v))
	case "destroy":
		return v.destroy(machine)
	case "rename":
		return v.wait(machine.Rename(v, c.Name))
	case "migrate":
		host, err := v.finder.HostSystem(v, "*/"+c.Host)
		if err != nil {
			return err
		}
		ref := host.Reference()
		return v.wait(machine.Relocate(v, types.VirtualMachineRelocateSpec{Host: &ref}, types.VirtualMachineMovePriorityDefaultPriority))
	case "snapshot":
		return v.wait(machine.CreateSnapshot(v, c.Name, "", false, false))
	case "remove-snapshot":
		return v.removeSnapshot(machine, c.Name)
	case "nic":
		return v.replaceCard(machine, c)
	case "event":
		return v.postEvent(machine, c)
	default:
		return v.reconfigure(machine, c)
	}
}

func (v *vcenter) destroy(machine *object.VirtualMachine) error {
	state, err := machine.PowerState(v)
	if err != nil {
		return err
	}
	if state == types.VirtualMachinePowerStatePoweredOn {
		if err := v.wait(machine.PowerOff(v)); err != nil {
			return err
		}
	}
	return v.wait(machine.Destroy(v))
}

func (v *vcenter) removeSnapshot(machine *object.VirtualMachine, name string) error {
	if err := v.wait(machine.RemoveSnapshot(v, name, false, nil)); err != nil {
		return err
	}
	if v.Map.Get(machine.Reference()).(*simulator.VirtualMachine).Snapshot == nil {
		empty := &mo.VirtualMachine{}
		empty.Self = machine.Reference()
		tell(v.Context, empty, types.PropertyChange{Name: "snapshot.currentSnapshot", Op: types.PropertyChangeOpRemove})
	}
	return nil
}

// addMachine makes one like the others, on the host and the port group that are named, and powers it on.
func (v *vcenter) addMachine(c command) error {
	host, err := v.finder.HostSystem(v, "*/"+c.Host)
	if err != nil {
		return err
	}
	pool, err := host.ResourcePool(v)
	if err != nil {
		return err
	}
	network, err := v.backing(c.Network)
	if err != nil {
		return err
	}
	spec, err := v.newMachine(c.Name, network)
	if err != nil {
		return err
	}
	if err := v.wait(v.folders.VmFolder.CreateVM(v, spec, pool, host)); err != nil {
		return err
	}
	made, err := v.machine(c.Name)
	if err != nil {
		return err
	}
	return v.wait(made.PowerOn(v))
}

// replaceCard gives the first network card another type or another network, or adds one.
func (v *vcenter) replaceCard(machine *object.VirtualMachine, c command) error {
	devices, err := machine.Device(v)
	if err != nil {
		return err
	}
	cards := devices.SelectByType((*types.VirtualEthernetCard)(nil))
	if len(cards) == 0 {
		return fmt.Errorf("%q has no network card", c.Vm)
	}
	// VirtualVmxnet3 is called vmxnet3.
	kind := strings.ToLower(strings.TrimPrefix(devices.TypeName(cards[0]), "Virtual"))
	if c.Type != "" {
		kind = c.Type
	}
	backing := cards[0].GetVirtualDevice().Backing
	if c.Network != "" {
		if backing, err = v.backing(c.Network); err != nil {
			return err
		}
	}
	key := 0
	if c.On {
		key = len(cards)
	}
	card, err := v.newCard(kind, backing, key)
	if err != nil {
		return err
	}
	if !c.On {
		if err := machine.RemoveDevice(v, false, cards[0]); err != nil {
			return err
		}
	}
	return machine.AddDevice(v, card)
}

// reconfigure changes what is named: vCPUs, reservation and limit of CPU time, latency sensitivity, hardware version.
func (v *vcenter) reconfigure(machine *object.VirtualMachine, c command) error {
	spec := types.VirtualMachineConfigSpec{NumCPUs: c.Vcpus, Version: c.Version}
	if c.ResMHz != nil || c.LimMHz != nil {
		spec.CpuAllocation = &types.ResourceAllocationInfo{
			Reservation: c.ResMHz, Limit: c.LimMHz,
			Shares: &types.SharesInfo{Shares: 2000, Level: types.SharesLevelNormal},
		}
	}
	if c.Latency != "" {
		spec.LatencySensitivity = &types.LatencySensitivity{Level: types.LatencySensitivitySensitivityLevel(c.Latency)}
	}
	return v.wait(machine.Reconfigure(v, spec))
}
