/* The audit in the report. */
#include "audit_room.h"

#include "show.h"

rote_status rote_audit_show(const rote_told *told, rote_page *page)
{
  rote_status status = ROTE_OK;
  rote_page_section(page, false, "Audit of the likelihoods");
  rote_page_text(page, "Some images of high and of middling M were looked at again by annealed "
                       "importance sampling, which is slow and nearly exact. What a proposal is "
                       "short of it should be near 0, and the same for images that a model was "
                       "trained with and for those that it was not: a difference adds to M.");
  ROTE_TRY(rote_show_told(told, rote_audit_tell, page));
  rote_page_cite(page, "R. M. Neal, Annealed Importance Sampling, Statistics and Computing 11, "
                       "2001.");
  rote_page_cite(page, "Y. Wu, Y. Burda, R. Salakhutdinov and R. Grosse, On the Quantitative "
                       "Analysis of Decoder-Based Generative Models, ICLR 2017.");
done:
  return status;
}
