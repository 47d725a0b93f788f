/** What the API is told of a conversation, by the attributes of its element. */

/** Which it is; before the first message, with whom. */
export function conversationOf({ conversationId, operatorId }) {
  if (conversationId) return { conversation_id: Number(conversationId) };
  return { operator_id: Number(operatorId) };
}

/** A new message. */
export function messageOf(dataset, text) {
  if (dataset.side === "operator") return { ...conversationOf(dataset), message_text: text };
  const body = { operator_id: Number(dataset.operatorId), message_text: text, message_type: "chat" };
  if (dataset.expectedPrice) body.expected_price = dataset.expectedPrice;
  return body;
}
