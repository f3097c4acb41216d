/** Three stacked machines. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1456a0"/><g fill="#fff"><rect x="6" y="7" width="20" height="5" rx="1.5"/><rect x="6" y="14" width="20" height="5" rx="1.5"/><rect x="6" y="21" width="20" height="5" rx="1.5"/></g></svg>`;
