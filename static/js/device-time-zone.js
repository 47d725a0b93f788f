/** <device-time-zone>: the zone of this device, into the hidden field beside it, or offered by a button where the select has another. */

class DeviceTimeZone extends HTMLElement {
  connectedCallback() {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const field = this.closest("form").elements.time_zone;
    if (field.type === "hidden") {
      field.value = zone;
      return;
    }
    const button = this.querySelector("button");
    const isOffered = [...field.options].some((option) => option.value === zone);
    button.hidden = !isOffered || field.value === zone;
    button.addEventListener("click", () => {
      field.value = zone;
      button.hidden = true;
      field.focus();
    });
  }
}

customElements.define("device-time-zone", DeviceTimeZone);
